import type { IssuePath } from '../issue.js';
import { filled, flag, keyed, listOf, mapOf, number, text, trimmed } from '../schema-words.js';

const decision = mapOf({
  id: keyed(
    trimmed.regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/, { error: 'must be in kebab-case' }),
    'What is typed to choose it, in kebab-case.',
    'needs-revision',
  ),
  label: keyed(text, 'What it is called on screen.', 'Needs revision').optional(),
});

const decisions = listOf(decision)
  .min(1, { error: 'must declare at least one decision' })
  .superRefine((all, context) => {
    const ids = all.map(({ id }) => id);
    const add = (message: string, path: IssuePath) => {
      context.addIssue({ code: 'custom', message, path: [...path] });
    };
    for (const [index, id] of ids.entries())
      if (ids.indexOf(id) < index) add(`repeats the decision '${id}'`, [index, 'id']);
    if (!ids.includes('approve')) add("must contain the decision 'approve'", []);
  });

const rework = mapOf({
  prompt: keyed(
    filled,
    'What an agent is told that mends what was rejected.',
    'Mend this: $REJECTION_REASON',
  ),
  max_attempts: keyed(
    number(1, 10).int({ error: 'must be a whole number' }),
    'The rejection that ends the run.',
    3,
    { default: 3 },
  ).optional(),
});

/** The map behind `approval`. */
export const approval = mapOf({
  message: keyed(
    filled,
    'What the person is asked. `$node.output` and `$node.output.field` are replaced.',
    'Deploy to production?',
  ),
  decisions: keyed(
    decisions,
    'The answers that the gate accepts. The output is then {"decision": id, "text": comment}. Without it: approve and reject.',
    [{ id: 'approve' }, { id: 'reject' }],
  ).optional(),
  capture_response: keyed(flag, 'Makes the comment the output of a gate without `decisions`.', true, {
    deprecated: true,
  }).optional(),
  on_reject: keyed(
    rework,
    'Lets an agent mend what was rejected, and asks again.',
    { prompt: 'Mend this: $REJECTION_REASON' },
    { deprecated: true },
  ).optional(),
});
