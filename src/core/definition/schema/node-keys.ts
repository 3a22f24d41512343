import { z } from 'zod';
import { INPUTS } from '../../expression/reference.js';
import { filled, flag, keyed, listOf, mapOf, number, oneOf, text, trimmed } from '../schema-words.js';
import { agentKeys } from './agent-keys.js';
import { approval } from './gate-keys.js';
import { commandName, loopKeys, loopRuleKeys } from './loop-keys.js';

/** Archon's columns for names hold no more. */
const LONGEST_NAME = 255;
/** Ten years: longer than any timer can be trusted with. */
const LONGEST_TIMEOUT_MS = 315_360_000_000;

export const name = trimmed.max(LONGEST_NAME, {
  error: `must not be longer than ${LONGEST_NAME} characters`,
});

const milliseconds = z
  .number({ error: 'must be a number of milliseconds' })
  .positive({ error: 'must be more than 0 milliseconds' })
  .max(LONGEST_TIMEOUT_MS, { error: 'must not be longer than ten years' });

const retry = mapOf({
  max_attempts: keyed(
    number(1, 5).int({ error: 'must be a whole number' }),
    'How many times to try again after the first failure.',
    2,
  ),
  delay_ms: keyed(
    number(1_000, 60_000),
    'Wait before the first retry, in milliseconds; it doubles each time.',
    3_000,
    { default: 3_000 },
  ).optional(),
  on_error: keyed(oneOf(['transient', 'all']), 'Which failures are tried again.', 'transient', {
    default: 'transient',
  }).optional(),
});

const fanOut = mapOf({
  items: keyed(filled, 'What resolves to a JSON array; one sub-run is made per item.', '$list.output'),
  as: keyed(
    trimmed.regex(/^[a-zA-Z_][\w-]*$/, { error: 'must be the name of an input' }),
    'The input that the item becomes. Without it: the message of the sub-run.',
    'ticket',
  ).optional(),
  max_parallel: keyed(
    z.int({ error: 'must be a whole number' }).positive({ error: 'must be more than 0' }),
    'How many sub-runs run at once.',
    5,
    { default: 5 },
  ).optional(),
  join: keyed(oneOf(['all_done', 'all_success']), 'Whether one that fails fails the node.', 'all_success', {
    default: 'all_done',
  }).optional(),
});

const kindKeys = {
  bash: keyed(trimmed, 'A bash script. What it prints is the output.', 'npm test').optional(),
  script: keyed(
    trimmed,
    'A program in TypeScript, JavaScript or Python, or the name of one in the scripts folder.',
    'console.log(1 + 1)',
  ).optional(),
  prompt: keyed(trimmed, 'What an agent is told. What it answers is the output.', 'Review it.').optional(),
  command: keyed(commandName, 'The name of a file with what an agent is told.', 'review').optional(),
  loop: keyed(mapOf(loopKeys), 'Lets an agent go on until a condition is met.', {
    prompt: 'Fix the next test.',
    until_bash: 'npm test',
    max_iterations: 10,
  }).optional(),
  approval: keyed(approval, 'A gate: waits for a person.', { message: 'Deploy?' }).optional(),
  cancel: keyed(trimmed, 'Ends the run as cancelled, for this reason.', 'nothing to do').optional(),
  include: keyed(trimmed, 'The name of a workflow whose nodes stand here.', 'checks').optional(),
  workflow: keyed(trimmed, 'The name of a workflow that runs as a run of its own.', 'fix-issue').optional(),
};

const LOOP_GROUP = 'Runs its own nodes again and again, until a condition is met.';
const LOOP_GROUP_EXAMPLE = {
  until_bash: 'npm test',
  max_iterations: 3,
  nodes: [{ id: 'fix', bash: 'npm run fix' }],
};
const BODY = 'What is done in each iteration.';
const BODY_EXAMPLE = [{ id: 'fix', bash: 'npm run fix' }];

const commonKeys = {
  id: keyed(
    name.refine((id) => id !== INPUTS, { error: `must not be ${INPUTS}, which stands for the inputs` }),
    'Names the node; unique in the file.',
    'build',
  ),
  description: keyed(text, 'Shown to people.', 'Builds it').optional(),
  depends_on: keyed(listOf(trimmed), 'Nodes that must have settled before this one.', ['build']).optional(),
  when: keyed(
    filled,
    'Runs the node only if true: comparisons joined by && and ||.',
    "$build.output == 'ok'",
  ).optional(),
  trigger_rule: keyed(
    oneOf(['all_success', 'one_success', 'none_failed_min_one_success', 'all_done']),
    'How the outcomes of `depends_on` decide whether the node runs.',
    'all_done',
    { default: 'all_success' },
  ).optional(),
};

const optionalKeys = {
  retry: keyed(retry, 'Tries a failed node again: `bash`, `script`, `prompt`, `command`.', {
    max_attempts: 2,
  }).optional(),
  timeout: keyed(
    milliseconds,
    'Milliseconds. On `bash` and `script`: the limit of one attempt, 120000 unless given. On `approval`: how long the gate waits, for ever unless given.',
    120_000,
  ).optional(),
  idle_timeout: keyed(
    milliseconds,
    'Milliseconds of silence after which an agent is given up; 1800000 unless given.',
    600_000,
  ).optional(),
  always_run: keyed(flag, 'A resume runs it again, even if it had been completed.', true).optional(),
  output_type: keyed(filled, 'The output is kept as an artifact of this type, too.', 'plan').optional(),
  output_format: keyed(
    z.record(z.string(), z.json(), { error: 'must be a JSON Schema' }),
    'A JSON Schema that the output must fit.',
    { type: 'object', properties: { ok: { type: 'boolean' } }, required: ['ok'] },
  ).optional(),
  runtime: keyed(oneOf(['bun', 'uv']), 'What runs a `script`: bun or uv (Python).', 'bun').optional(),
  deps: keyed(listOf(filled), 'Python packages of a `script`.', ['requests']).optional(),
  with: keyed(
    z.record(z.string(), z.json(), { error: 'must be a map of values by name' }),
    'Values by name: of a `script`, a `command`, an `include` or a `workflow`.',
    { branch: '$plan.output.branch' },
  ).optional(),
  input: keyed(text, 'The message of a sub-run.', '$plan.output').optional(),
  isolation: keyed(oneOf(['inherit', 'worktree']), 'Where a sub-run works.', 'worktree', {
    default: 'inherit',
  }).optional(),
  fan_out: keyed(fanOut, 'Makes one sub-run per item of a list.', { items: '$list.output' }).optional(),
};

const plainKeys = { ...commonKeys, ...optionalKeys, ...kindKeys, ...agentKeys };

/** The keys of a node, as a node is read: the nodes of a body are read one by one. */
export const nodeKeys = {
  ...plainKeys,
  loop_group: keyed(
    mapOf({
      ...loopRuleKeys,
      nodes: keyed(listOf(z.unknown()).min(1, { error: 'must have at least one node' }), BODY, BODY_EXAMPLE),
    }),
    LOOP_GROUP,
    LOOP_GROUP_EXAMPLE,
  ).optional(),
};

const KINDS = [...Object.keys(kindKeys), 'loop_group'];

/** The same for editors, bodies included. */
export const node: z.ZodType = mapOf({
  ...plainKeys,
  loop_group: keyed(
    mapOf({
      ...loopRuleKeys,
      nodes: keyed(z.array(z.lazy(() => node)).min(1), BODY, BODY_EXAMPLE),
    }),
    LOOP_GROUP,
    LOOP_GROUP_EXAMPLE,
  ).optional(),
}).meta({ id: 'node', oneOf: KINDS.map((kind) => ({ required: [kind] })) });
