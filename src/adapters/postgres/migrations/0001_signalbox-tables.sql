-- What signalbox itself remembers. The schema is made by the migration runner.

CREATE SEQUENCE signalbox.epoch;

-- One row per execution generation of a run.
CREATE TABLE signalbox.epochs (
  run_id uuid NOT NULL,
  fence_token text NOT NULL,
  epoch bigint NOT NULL UNIQUE,
  temporal_run_id text NOT NULL,
  is_first_execution boolean NOT NULL,
  taken_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (run_id, fence_token)
);
-- Of two first executions with one run id, one opens.
CREATE UNIQUE INDEX epochs_first_execution ON signalbox.epochs (run_id) WHERE is_first_execution;

-- One row per run: all that its row in Archon's table is made of, should somebody delete that one, and
-- how far the mirror has come.
CREATE TABLE signalbox.runs (
  run_id uuid PRIMARY KEY,
  workflow_name text NOT NULL,
  user_message text NOT NULL,
  working_path text NOT NULL,
  output_root text NOT NULL,
  started_at timestamptz NOT NULL,
  -- What the row's metadata begin with.
  metadata jsonb NOT NULL,
  temporal_workflow_id text NOT NULL,
  temporal_namespace text NOT NULL,
  host_id text NOT NULL,
  uid bigint NOT NULL,
  last_epoch bigint NOT NULL,
  last_seq bigint NOT NULL
);
CREATE INDEX runs_host ON signalbox.runs (host_id, uid);

-- Outputs of finished nodes, for a resume. json, not jsonb: it keeps every text as it is, NUL included.
CREATE TABLE signalbox.node_results (
  run_id uuid NOT NULL,
  node_id text NOT NULL,
  epoch bigint NOT NULL,
  attempt integer NOT NULL,
  output json NOT NULL,
  stored_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (run_id, node_id)
);

-- Large texts of definitions. Bytes, since text cannot hold NUL.
CREATE TABLE signalbox.texts (
  sha256 text PRIMARY KEY CHECK (sha256 ~ '^[0-9a-f]{64}$'),
  utf8 bytea NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);

-- Workers that poll for a machine, to tell a cloned machine id.
CREATE TABLE signalbox.hosts (
  host_id text NOT NULL,
  boot_id text NOT NULL,
  instance text NOT NULL,
  last_seen timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (host_id, boot_id, instance)
);
