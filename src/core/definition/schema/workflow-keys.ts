import { z } from 'zod';
import { flag, keyed, listOf, mapOf, oneOf, text, trimmed } from '../schema-words.js';
import { sharedAgentKeys } from './agent-keys.js';
import { name, node } from './node-keys.js';

const input = mapOf({
  required: keyed(flag, 'A run cannot start without it.', true).optional(),
  default: keyed(z.json(), 'Used when a run gives none. Excludes `required`.', 'main').optional(),
  description: keyed(text, 'What it is for.', 'Branch to work on').optional(),
});

export const inputKeys = input.shape;

const NODES = 'What is done.';
const NODES_EXAMPLE = [{ id: 'build', bash: 'npm test' }];
const INPUTS = 'Values that a run is given by name. Scripts read them as $INPUTS_NAME.';
const INPUTS_EXAMPLE = { branch: { default: 'main' } };
const LEAST_NODES = { error: 'must have at least one node' };

const plainKeys = {
  name: keyed(name, 'What people type to run it.', 'fix-issue'),
  description: keyed(trimmed, 'What it does, and when to use it.', 'Fixes an issue'),
  interactive: keyed(flag, 'Says that the run may stop for a person.', true).optional(),
  tags: keyed(listOf(text), 'Labels; shown, nothing else.', ['release']).optional(),
  schedule: keyed(
    oneOf(['layers', 'dataflow']),
    'layers: a layer of nodes starts when the one before has settled. dataflow: a node starts when what it needs has settled.',
    'dataflow',
    { default: 'layers' },
  ).optional(),
  mutates_checkout: keyed(
    flag,
    'false: the run changes nothing in the working path, and may run beside others.',
    false,
    { default: true },
  ).optional(),
  worktree: keyed(
    mapOf({ enabled: keyed(flag, 'true: always; false: never.', true) }),
    'Whether a run works in a worktree of its own.',
    { enabled: true },
  ).optional(),
  evidence_policy: keyed(
    mapOf({ required: keyed(flag, 'The file must be there.', true) }),
    'Fails a run that leaves no evidence.json among its artifacts.',
    { required: true },
  ).optional(),
  requires: keyed(listOf(text), 'Accounts that the person who starts it must have connected.', [
    'github',
  ]).optional(),
  returns: keyed(trimmed, 'The node whose output is the result that a parent reads.', 'report').optional(),
  outcome_field: keyed(
    trimmed,
    'A boolean of the output of `returns` that says whether the outcome is a success.',
    'ok',
  ).optional(),
  ...sharedAgentKeys,
  persist_sessions: keyed(flag, 'Agents go on with the sessions of the last run.', true).optional(),
  modelReasoningEffort: keyed(oneOf(['minimal', 'low', 'medium', 'high', 'xhigh']), 'Now `effort`.', 'high', {
    deprecated: true,
  }).optional(),
  webSearchMode: keyed(
    oneOf(['disabled', 'cached', 'live']),
    'Whether agents search the web (Codex).',
    'live',
  ).optional(),
};

/** The keys of a workflow, as it is read: nodes and inputs are read one by one. */
export const workflowKeys = {
  ...plainKeys,
  container: z.unknown().optional(),
  nodes: keyed(listOf(z.unknown()).min(1, LEAST_NODES), NODES, NODES_EXAMPLE),
  inputs: keyed(z.unknown(), INPUTS, INPUTS_EXAMPLE).optional(),
};

/** The same for editors. */
export const workflow = mapOf({
  ...plainKeys,
  nodes: keyed(listOf(node).min(1, LEAST_NODES), NODES, NODES_EXAMPLE),
  inputs: keyed(
    z.record(z.string().regex(/^[a-zA-Z_][\w-]*$/), input, { error: 'must be a map of inputs' }),
    INPUTS,
    INPUTS_EXAMPLE,
  ).optional(),
});
