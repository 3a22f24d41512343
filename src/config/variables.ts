/** One environment variable that signalbox reads: for `--help`, the docs, and the check of `docker-compose.yml`. */
export interface ConfigVariable {
  readonly name: string;
  readonly meaning: string;
  /** As people read it; null: unset. */
  readonly default: string | null;
}

/** Every environment variable that signalbox reads by name. */
export const CONFIG_VARIABLES: readonly ConfigVariable[] = [
  {
    name: 'SIGNALBOX_HOME',
    meaning: 'directory of the local stack, of logs and of what clients leave for nodes; absolute',
    default: '~/.signalbox',
  },
  {
    name: 'SIGNALBOX_HOST_ID',
    meaning: 'identity of this machine, where its machine id is missing or was cloned',
    default: 'the machine id',
  },
  {
    name: 'SIGNALBOX_TEMPORAL_CLI',
    meaning: 'program that serves as the embedded Temporal (the temporal CLI); absolute path',
    default: null,
  },
  {
    name: 'SIGNALBOX_TEST_SERVER',
    meaning: "program that serves as Temporal's time-skipping test server; absolute path",
    default: null,
  },
  {
    name: 'SIGNALBOX_REQUIRE_CONTAINMENT',
    meaning: 'refuse to run where the containment level is weaker (a higher number): 1, 2, 3 or 4',
    default: '4',
  },
  {
    name: 'SIGNALBOX_GRACE',
    meaning: 'from the polite signal to SIGKILL when a node is stopped',
    default: '5s',
  },
  {
    name: 'SIGNALBOX_HEARTBEAT_TIMEOUT',
    meaning: 'after this long without a sign of life a node counts as interrupted',
    default: '5m',
  },
  {
    name: 'SIGNALBOX_LOG_LEVEL',
    meaning: 'least severe log lines shown: debug, info, warn or error',
    default: 'info',
  },
  {
    name: 'SIGNALBOX_BASH',
    meaning: 'the shell that runs bash nodes; absolute path',
    default: 'bash on PATH',
  },
  {
    name: 'SIGNALBOX_MAX_NODES',
    meaning: 'how many bash and script nodes a worker runs at once; others wait for a permit',
    default: 'twice the processor cores',
  },
  {
    name: 'ARCHON_HOME',
    meaning: 'directory of global workflows and of what runs leave behind; absolute',
    default: '~/.archon',
  },
  {
    name: 'XDG_STATE_HOME',
    meaning: "the user's state directory: locks of workers and boxes lie in its folder signalbox; absolute",
    default: '~/.local/state',
  },
  {
    name: 'DATABASE_URL',
    meaning: 'PostgreSQL to use instead of the embedded one: postgres://user:password@host:port/database',
    default: null,
  },
  {
    name: 'TEMPORAL_ADDRESS',
    meaning: 'Temporal to use instead of the embedded one: host:port',
    default: null,
  },
  { name: 'TEMPORAL_NAMESPACE', meaning: "Temporal's namespace", default: 'default' },
  {
    name: 'TEMPORAL_PROFILE',
    meaning: "profile of Temporal's own configuration file; means a Temporal of one's own, too",
    default: null,
  },
  {
    name: 'TEMPORAL_CONFIG_FILE',
    meaning: "Temporal's own configuration file; means a Temporal of one's own, too",
    default: null,
  },
  { name: 'TEMPORAL_API_KEY', meaning: 'key of a Temporal that asks for one', default: null },
  { name: 'CI', meaning: 'any value: nobody is asked at a gate', default: null },
  { name: 'USER', meaning: 'who starts, decides and cancels (a claim)', default: "the user's name" },
];

/** Set by signalbox itself in the environment of nodes; meaningless to read, legal to meet. */
export const MARKER_VARIABLES: readonly string[] = ['SIGNALBOX_RUN_ID', 'SIGNALBOX_ATTEMPT'];
