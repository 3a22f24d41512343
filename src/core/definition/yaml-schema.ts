import { z } from 'zod';
import type { IssuePath } from './issue.js';
import { keysIn } from './schema-words.js';
import { nodeKeys } from './schema/node-keys.js';
import { inputKeys, workflow, workflowKeys } from './schema/workflow-keys.js';

/** The maps of a file that are read key by key, so that one wrong value does not hide the others. */
export const SHAPES = { workflow: workflowKeys, node: nodeKeys, input: inputKeys };
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

/** The JSON Schema that editors check workflow files with: draft 7, the newest that the YAML language server knows. */
export function jsonSchema(): Readonly<Record<string, unknown>> {
  return z.toJSONSchema(workflow.meta({ title: 'signalbox workflow' }), {
    io: 'input',
    target: 'draft-7',
  });
}
