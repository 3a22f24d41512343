-- The epoch that a generation resumes the run of; null: it does not resume it.
ALTER TABLE signalbox.epochs ADD COLUMN resumed_epoch bigint;
-- Of two resumes of one end of a run, one opens.
CREATE UNIQUE INDEX epochs_resumed ON signalbox.epochs (run_id, resumed_epoch) WHERE resumed_epoch IS NOT NULL;
