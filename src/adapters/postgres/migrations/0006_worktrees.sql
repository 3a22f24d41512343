-- Main checkout of the repository whose worktree a run works in; null: its working path is its project.
ALTER TABLE signalbox.runs ADD COLUMN codebase_path text;

-- Archon's, made only where it is missing (0002 says how).
DO $archon$
BEGIN

IF to_regclass('remote_agent_isolation_environments') IS NULL THEN
  CREATE TABLE remote_agent_isolation_environments (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    codebase_id uuid NOT NULL REFERENCES remote_agent_codebases (id) ON DELETE CASCADE,
    workflow_type text NOT NULL,
    workflow_id text NOT NULL,
    provider text NOT NULL DEFAULT 'worktree',
    working_path text NOT NULL,
    branch_name text NOT NULL,
    status text NOT NULL DEFAULT 'active',
    created_at timestamptz DEFAULT now(),
    created_by_platform text,
    metadata jsonb DEFAULT '{}',
    created_by_user_id uuid REFERENCES remote_agent_users (id) ON DELETE SET NULL
  );
  CREATE UNIQUE INDEX unique_active_workflow
    ON remote_agent_isolation_environments (codebase_id, workflow_type, workflow_id) WHERE status = 'active';
  CREATE INDEX idx_isolation_env_codebase ON remote_agent_isolation_environments (codebase_id);
  CREATE INDEX idx_isolation_env_status ON remote_agent_isolation_environments (status);
  CREATE INDEX idx_isolation_env_workflow ON remote_agent_isolation_environments (workflow_type, workflow_id);
END IF;

END
$archon$;
