import { z } from 'zod';
import { INPUTS } from '../expression/reference.js';
import type { IssuePath } from './issue.js';
import { bare, filled, flag, keysIn, listOf, mapOf, number, oneOf, text, trimmed } from './schema-words.js';

/** Archon's columns for names hold no more. */
const LONGEST_NAME = 255;
/** Ten years: longer than any timer can be trusted with. */
const LONGEST_TIMEOUT_MS = 315_360_000_000;

const name = trimmed.max(LONGEST_NAME, { error: `must not be longer than ${LONGEST_NAME} characters` });

const decision = mapOf({
  id: trimmed
    .regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/, { error: 'must be in kebab-case' })
    .meta({ description: 'What is typed to choose it, in kebab-case.', examples: ['needs-revision'] }),
  label: text.meta({ description: 'What it is called on screen.', examples: ['Needs revision'] }).optional(),
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

const approval = mapOf({
  message: filled.meta({
    description: 'What the person is asked. `$node.output` and `$node.output.field` are replaced.',
    examples: ['Deploy to production?'],
  }),
  decisions: decisions
    .meta({
      description:
        'The answers that the gate accepts. The output is then {"decision": id, "text": comment}. Without it: approve and reject.',
      examples: [[{ id: 'approve' }, { id: 'reject' }]],
    })
    .optional(),
  capture_response: flag
    .meta({
      description: 'Makes the comment the output of a gate without `decisions`.',
      examples: [true],
      deprecated: true,
    })
    .optional(),
});

const retry = mapOf({
  max_attempts: number(1, 5)
    .int({ error: 'must be a whole number' })
    .meta({ description: 'How many times to try again after the first failure.', examples: [2] }),
  delay_ms: number(1_000, 60_000)
    .meta({
      description: 'Wait before the first retry, in milliseconds; it doubles each time.',
      default: 3_000,
      examples: [3_000],
    })
    .optional(),
  on_error: oneOf(['transient', 'all'])
    .meta({
      description: 'Which failures are tried again.',
      default: 'transient',
      examples: ['transient'],
    })
    .optional(),
});

const input = mapOf({
  required: flag.meta({ description: 'A run cannot start without it.', examples: [true] }).optional(),
  default: z
    .json()
    .meta({ description: 'Used when a run gives none. Excludes `required`.', examples: ['main'] })
    .optional(),
  description: text.meta({ description: 'What it is for.', examples: ['Branch to work on'] }).optional(),
});

const node = mapOf({
  id: name
    .refine((id) => id !== INPUTS, { error: `must not be ${INPUTS}, which stands for the inputs` })
    .meta({ description: 'Names the node; unique in the file.', examples: ['build'] }),
  description: text.meta({ description: 'Shown to people.', examples: ['Builds it'] }).optional(),
  depends_on: listOf(trimmed)
    .meta({ description: 'Nodes that must have settled before this one.', examples: [['build']] })
    .optional(),
  when: filled
    .meta({
      description: 'Runs the node only if true: comparisons joined by && and ||.',
      examples: ["$build.output == 'ok'"],
    })
    .optional(),
  trigger_rule: oneOf(['all_success', 'one_success', 'none_failed_min_one_success', 'all_done'])
    .meta({
      description: 'How the outcomes of `depends_on` decide whether the node runs.',
      default: 'all_success',
      examples: ['all_done'],
    })
    .optional(),
  retry: retry
    .meta({ description: 'Tries a failed `bash` node again.', examples: [{ max_attempts: 2 }] })
    .optional(),
  timeout: z
    .number({ error: 'must be a number of milliseconds' })
    .positive({ error: 'must be more than 0 milliseconds' })
    .max(LONGEST_TIMEOUT_MS, { error: 'must not be longer than ten years' })
    .meta({
      description:
        'Milliseconds. On `bash`: the limit of one attempt, 120000 unless given. On `approval`: how long the gate waits, for ever unless given.',
      examples: [120_000],
    })
    .optional(),
  bash: trimmed
    .meta({ description: 'A bash script. What it prints is the output.', examples: ['npm test'] })
    .optional(),
  approval: approval
    .meta({ description: 'A gate: waits for a person.', examples: [{ message: 'Deploy?' }] })
    .optional(),
  cancel: trimmed
    .meta({ description: 'Ends the run as cancelled, for this reason.', examples: ['nothing to do'] })
    .optional(),
});

/** The language as far as it is built. `description` and `examples` serve editors and hints alike. */
const workflow = mapOf({
  name: name.meta({ description: 'What people type to run it.', examples: ['fix-issue'] }),
  description: trimmed.meta({
    description: 'What it does, and when to use it.',
    examples: ['Fixes an issue'],
  }),
  nodes: listOf(node.meta({ oneOf: ['bash', 'approval', 'cancel'].map((kind) => ({ required: [kind] })) }))
    .min(1, { error: 'must have at least one node' })
    .meta({ description: 'What is done.', examples: [[{ id: 'build', bash: 'npm test' }]] }),
  inputs: z
    .record(z.string().regex(/^[a-zA-Z_][\w-]*$/), input, { error: 'must be a map of inputs' })
    .meta({
      description: 'Values that a run is given by name. Scripts read them as $INPUTS_NAME.',
      examples: [{ branch: { default: 'main' } }],
    })
    .optional(),
  interactive: flag
    .meta({ description: 'Says that the run may stop for a person.', examples: [true] })
    .optional(),
  tags: listOf(text)
    .meta({ description: 'Labels; shown, nothing else.', examples: [['release']] })
    .optional(),
  schedule: oneOf(['layers', 'dataflow'])
    .meta({
      description:
        'layers: a layer of nodes starts when the one before has settled. dataflow: a node starts when what it needs has settled.',
      default: 'layers',
      examples: ['dataflow'],
    })
    .optional(),
});

/** The maps of a file that are read key by key, so that one wrong value does not hide the others. */
export const SHAPES = {
  workflow: {
    ...workflow.shape,
    nodes: withMeta(
      workflow.shape.nodes,
      listOf(z.unknown()).min(1, { error: 'must have at least one node' }),
    ),
    inputs: withMeta(workflow.shape.inputs, z.unknown().optional()),
  },
  node: node.shape,
  input: input.shape,
};
type Shapes = typeof SHAPES;

/** One thing that it met. */
export type SchemaIssue = z.core.$ZodIssue;

export type MapName = keyof Shapes;

/** What could be read of a map. A key that is absent, or wrong, has no field. */
export type FieldsOf<Map extends MapName> = {
  readonly [Key in keyof Shapes[Map]]?: z.output<Shapes[Map][Key]>;
};

/** The keys that a map may have; for a dotted path such as `approval`, those of the map found there. */
export function keysOf(map: MapName, nested: IssuePath = []): readonly string[] {
  return keysIn(SHAPES[map], nested);
}

/** The JSON Schema that editors check workflow files with. */
export function jsonSchema(): Readonly<Record<string, unknown>> {
  return z.toJSONSchema(workflow.meta({ title: 'signalbox workflow' }), { io: 'input' });
}

function withMeta<Schema extends z.ZodType>(from: z.ZodType, to: Schema): Schema {
  const meta = bare(from).meta();
  return meta === undefined ? to : to.meta(meta);
}
