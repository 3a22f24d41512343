import { z } from 'zod';
import { isResourceName } from '../resource-name.js';
import { filled, flag, keyed, trimmed } from '../schema-words.js';

/** Names of command files. */
export const commandName = trimmed.refine(isResourceName, {
  error: "must be the name of a command file, without '/', '..' or a leading '.'",
});

/** What `loop` and `loop_group` have in common. */
export const loopRuleKeys = {
  until: keyed(filled, 'A signal in the output that ends the loop.', 'DONE').optional(),
  until_bash: keyed(filled, 'A bash script; its exit status 0 ends the loop.', 'npm test').optional(),
  max_iterations: keyed(
    z.int({ error: 'must be a whole number' }).positive({ error: 'must be more than 0' }),
    'After so many iterations without end the node fails.',
    10,
  ),
  fresh_context: keyed(flag, 'Begins every iteration with a new session.', true, {
    default: false,
  }).optional(),
  interactive: keyed(flag, 'Waits for a person after each iteration.', true, { default: false }).optional(),
  gate_message: keyed(filled, 'What the person is asked.', 'Good enough?').optional(),
  signal_completes: keyed(flag, 'Of an interactive loop: a met condition ends it without asking.', true, {
    default: false,
  }).optional(),
};

export const loopKeys = {
  ...loopRuleKeys,
  prompt: keyed(filled, 'What the agent is told in each iteration.', 'Fix the next test.').optional(),
  command: keyed(commandName, 'A command file in its place.', 'fix-next').optional(),
  until_field: keyed(trimmed, 'A boolean of `output_format` that ends the loop.', 'done').optional(),
};
