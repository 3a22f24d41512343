-- What workers need to watch over runs.

-- One worker's runs are found by user and namespace; namespaces' names repeat, so their UUIDs tell them apart.
ALTER TABLE signalbox.hosts ADD COLUMN uid bigint;
ALTER TABLE signalbox.hosts ADD COLUMN temporal_namespace_id text;

-- Which boot of a machine is served under its id: one row per id, so that of two machines with one id one polls.
CREATE TABLE signalbox.boots (
  host_id text PRIMARY KEY,
  boot_id text NOT NULL,
  last_seen timestamptz NOT NULL DEFAULT now()
);

-- What the mirror wrote last, where Archon's own tools may have written since.
ALTER TABLE signalbox.runs ADD COLUMN temporal_namespace_id text;
ALTER TABLE signalbox.runs ADD COLUMN last_status text;
ALTER TABLE signalbox.runs ADD COLUMN open_gate text;
UPDATE signalbox.runs AS own SET last_status = run.status
FROM remote_agent_workflow_runs AS run WHERE run.id = own.run_id;
CREATE INDEX runs_open ON signalbox.runs (host_id, uid) WHERE last_status IN ('running', 'paused');
