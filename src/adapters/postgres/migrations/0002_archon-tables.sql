-- Archon's tables, as far as we use them, each made only where it is missing: what Archon made stays as it
-- is, and Archon started on ours later finds what it expects. Names without a schema: Archon finds its
-- tables by the search path, and so do we.

-- A role named like our schema has it first on its path, and Archon under that role would make a second set
-- of its tables there. Such a role leaves our schema out of its path, for good and in this database only.
DO $path$
DECLARE
  others text;
BEGIN
  IF 'signalbox' = ANY (current_schemas(false)) THEN
    SELECT string_agg(quote_ident(name), ', ' ORDER BY position) INTO others
    FROM unnest(current_schemas(false)) WITH ORDINALITY AS path (name, position) WHERE name <> 'signalbox';
    PERFORM set_config('search_path', others, true);
    EXECUTE format('ALTER ROLE CURRENT_USER IN DATABASE %I SET search_path = %s', current_database(), others);
  END IF;
END
$path$;

DO $archon$
BEGIN

IF to_regclass('remote_agent_users') IS NULL THEN
  CREATE TABLE remote_agent_users (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    display_name varchar(255),
    email varchar(255),
    created_at timestamptz DEFAULT now(),
    updated_at timestamptz DEFAULT now(),
    role varchar(16) NOT NULL DEFAULT 'admin'
  );
END IF;

IF to_regclass('remote_agent_codebases') IS NULL THEN
  CREATE TABLE remote_agent_codebases (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name varchar(255) NOT NULL,
    repository_url varchar(500),
    default_cwd varchar(500) NOT NULL,
    default_branch varchar(255),
    ai_assistant_type varchar(20) DEFAULT 'claude',
    kind varchar(10) NOT NULL DEFAULT 'repo' CHECK (kind IN ('repo', 'folder')),
    allow_env_keys boolean NOT NULL DEFAULT false,
    commands jsonb DEFAULT '{}',
    created_at timestamp DEFAULT now(),
    updated_at timestamp DEFAULT now()
  );
END IF;

IF to_regclass('remote_agent_conversations') IS NULL THEN
  CREATE TABLE remote_agent_conversations (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    platform_type varchar(20) NOT NULL,
    platform_conversation_id varchar(255) NOT NULL,
    codebase_id uuid REFERENCES remote_agent_codebases (id) ON DELETE SET NULL,
    cwd varchar(500),
    ai_assistant_type varchar(20) DEFAULT 'claude',
    isolation_env_id uuid,
    title varchar(255),
    deleted_at timestamptz,
    hidden boolean DEFAULT false,
    created_at timestamp DEFAULT now(),
    updated_at timestamp DEFAULT now(),
    last_activity_at timestamptz DEFAULT now(),
    user_id uuid REFERENCES remote_agent_users (id) ON DELETE SET NULL,
    UNIQUE (platform_type, platform_conversation_id)
  );
  CREATE INDEX idx_remote_agent_conversations_codebase ON remote_agent_conversations (codebase_id);
  CREATE INDEX idx_conversations_hidden ON remote_agent_conversations (hidden);
  CREATE INDEX idx_conversations_codebase ON remote_agent_conversations (codebase_id) WHERE deleted_at IS NULL;
  CREATE INDEX idx_conversations_isolation_env_id ON remote_agent_conversations (isolation_env_id);
  CREATE INDEX idx_conversations_user_id ON remote_agent_conversations (user_id) WHERE user_id IS NOT NULL;
END IF;

IF to_regclass('remote_agent_workflow_runs') IS NULL THEN
  CREATE TABLE remote_agent_workflow_runs (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    workflow_name varchar(255) NOT NULL,
    conversation_id uuid REFERENCES remote_agent_conversations (id) ON DELETE CASCADE,
    codebase_id uuid REFERENCES remote_agent_codebases (id) ON DELETE SET NULL,
    current_step_index integer,
    status varchar(20) NOT NULL DEFAULT 'pending',
    outcome varchar(20) CHECK (outcome IN ('succeeded', 'failed')),
    user_message text NOT NULL,
    metadata jsonb DEFAULT '{}',
    parent_conversation_id uuid REFERENCES remote_agent_conversations (id) ON DELETE SET NULL,
    parent_run_id uuid REFERENCES remote_agent_workflow_runs (id) ON DELETE SET NULL,
    started_at timestamptz DEFAULT now(),
    completed_at timestamptz,
    last_activity_at timestamptz DEFAULT now(),
    working_path text,
    output_root text,
    user_id uuid REFERENCES remote_agent_users (id) ON DELETE SET NULL
  );
  CREATE INDEX idx_workflow_runs_conversation ON remote_agent_workflow_runs (conversation_id);
  CREATE INDEX idx_workflow_runs_status ON remote_agent_workflow_runs (status);
  CREATE INDEX idx_workflow_runs_parent_conv ON remote_agent_workflow_runs (parent_conversation_id);
  CREATE INDEX idx_workflow_runs_user_id ON remote_agent_workflow_runs (user_id) WHERE user_id IS NOT NULL;
  CREATE INDEX idx_workflow_runs_parent_run ON remote_agent_workflow_runs (parent_run_id)
    WHERE parent_run_id IS NOT NULL;
  CREATE INDEX idx_workflow_runs_last_activity ON remote_agent_workflow_runs (last_activity_at)
    WHERE status = 'running';
END IF;

IF to_regclass('remote_agent_workflow_events') IS NULL THEN
  CREATE TABLE remote_agent_workflow_events (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    workflow_run_id uuid NOT NULL REFERENCES remote_agent_workflow_runs (id) ON DELETE CASCADE,
    event_order bigint,
    event_type varchar(50) NOT NULL,
    step_index integer,
    step_name varchar(255),
    data jsonb DEFAULT '{}',
    created_at timestamptz DEFAULT CURRENT_TIMESTAMP
  );
  CREATE SEQUENCE remote_agent_workflow_events_event_order_seq
    OWNED BY remote_agent_workflow_events.event_order;
  ALTER TABLE remote_agent_workflow_events
    ALTER COLUMN event_order SET DEFAULT nextval('remote_agent_workflow_events_event_order_seq');
  CREATE INDEX idx_workflow_events_run_id ON remote_agent_workflow_events (workflow_run_id);
  CREATE INDEX idx_workflow_events_type ON remote_agent_workflow_events (event_type);
  CREATE INDEX idx_workflow_events_created_at ON remote_agent_workflow_events (created_at);
  CREATE UNIQUE INDEX idx_workflow_events_run_order ON remote_agent_workflow_events (workflow_run_id, event_order)
    WHERE event_order IS NOT NULL;

  CREATE OR REPLACE FUNCTION archon_notify_workflow_event() RETURNS trigger LANGUAGE plpgsql AS $notify$
  BEGIN
    PERFORM pg_notify('archon_dashboard_event', NEW.workflow_run_id::text);
    RETURN NEW;
  END
  $notify$;
  CREATE TRIGGER archon_workflow_event_notify AFTER INSERT ON remote_agent_workflow_events
    FOR EACH ROW EXECUTE FUNCTION archon_notify_workflow_event();
END IF;

END
$archon$;
