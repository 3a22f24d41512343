-- Whose sub-run a run is, and for which item of which node: a parent that is resumed looks for its children by it.
ALTER TABLE signalbox.runs ADD COLUMN parent_run_id uuid;
ALTER TABLE signalbox.runs ADD COLUMN parent_node_id text;
ALTER TABLE signalbox.runs ADD COLUMN child_index integer;
ALTER TABLE signalbox.runs ADD COLUMN item_hash text;
CREATE INDEX runs_parent ON signalbox.runs (parent_run_id) WHERE parent_run_id IS NOT NULL;
