import { agentKeys, sharedAgentKeys } from './schema/agent-keys.js';

/** The key of a node that says what it does. `prompt` and `command` both make a node of the kind `agent`. */
export type KindKey =
  | 'bash'
  | 'script'
  | 'prompt'
  | 'command'
  | 'loop'
  | 'loop_group'
  | 'approval'
  | 'cancel'
  | 'include'
  | 'workflow';

/** What a kind of node declares; shared code reads this table where it would ask for the kind. */
interface KindFacts {
  /** Keys that have an effect, beside those that all nodes have. */
  readonly keys: readonly string[];
  /** Keys that refuse the file, and why; all others only earn a warning. */
  readonly refused: Readonly<Record<string, string>>;
}

const AGENT_KEYS = Object.keys(agentKeys);
const KEPT = ['always_run', 'output_type'];
const PROGRAM_KEYS = ['retry', 'timeout', 'output_format', ...KEPT];
const ONE_AGENT_KEYS = ['retry', 'idle_timeout', 'output_format', ...KEPT, ...AGENT_KEYS];
const OWN_SESSION_KEYS = ['context', 'persist_session'];

const REPEATS_ITSELF = 'a loop repeats itself: raise max_iterations';
const IS_NO_RUN = 'an include is no run of its own: use workflow';

/** In the order in which they are listed to people. */
export const NODE_KINDS: Readonly<Record<KindKey, KindFacts>> = {
  bash: { keys: PROGRAM_KEYS, refused: {} },
  script: { keys: [...PROGRAM_KEYS, 'runtime', 'deps', 'with'], refused: {} },
  prompt: { keys: ONE_AGENT_KEYS, refused: {} },
  command: { keys: [...ONE_AGENT_KEYS, 'with'], refused: {} },
  loop: {
    keys: [
      'idle_timeout',
      'output_format',
      ...KEPT,
      ...AGENT_KEYS.filter((key) => !OWN_SESSION_KEYS.includes(key)),
    ],
    refused: { retry: REPEATS_ITSELF },
  },
  loop_group: { keys: [...KEPT, ...Object.keys(sharedAgentKeys)], refused: { retry: REPEATS_ITSELF } },
  approval: { keys: ['timeout', ...KEPT], refused: {} },
  cancel: { keys: [], refused: {} },
  include: {
    keys: ['with'],
    refused: { isolation: IS_NO_RUN, fan_out: IS_NO_RUN, input: IS_NO_RUN, mutates_checkout: IS_NO_RUN },
  },
  workflow: {
    keys: ['with', 'input', 'isolation', 'fan_out', 'output_format', 'output_type'],
    refused: { retry: 'a sub-run is repeated by a resume, or by its own nodes' },
  },
};

export const KIND_KEYS = Object.keys(NODE_KINDS) as readonly KindKey[];

/** Keys that every node may have. */
export const EVERY_NODES_KEYS: readonly string[] = [
  'id',
  'description',
  'depends_on',
  'when',
  'trigger_rule',
];
