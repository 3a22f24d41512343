import { z } from 'zod';
import type { IssuePath } from './issue.js';

/** What reads one value. */
export type Schema = z.ZodType;

/** What reads the values of a map, by key. */
export type Shape = Readonly<Record<string, Schema>>;

export const text = z.string({ error: 'must be a text' });
export const filled = text.regex(/\S/, { error: 'must not be empty' });
export const trimmed = text.trim().min(1, { error: 'must not be empty' });
export const flag = z.boolean({ error: 'must be true or false' });
export const oneOf = <const Values extends readonly [string, ...string[]]>(values: Values) =>
  z.enum(values, { error: `must be one of ${values.join(', ')}` });
export const listOf = <Item extends z.ZodType>(item: Item) => z.array(item, { error: 'must be a list' });
export const mapOf = <Keys extends z.ZodRawShape>(shape: Keys) =>
  z.strictObject(shape, {
    error: (issue) => (issue.code === 'invalid_type' ? 'must be a map of keys' : undefined),
  });
export const number = (least: number, most: number) => {
  const error = `must be a number from ${least} to ${most}`;
  return z.number({ error }).min(least, { error }).max(most, { error });
};

/** The keys that a map of this shape may have; for a dotted path such as `approval`, those of the map found there. */
export function keysIn(shape: Shape, nested: IssuePath = []): readonly string[] {
  const inner = bare(nested.reduce<Schema>(memberOf, z.object(shape)));
  const maps = inner instanceof z.ZodUnion ? inner.options : [inner];
  return maps.flatMap((map) => (map instanceof z.ZodObject ? Object.keys(map.shape) : []));
}

/** The last key on a path into the value of `key` that has an example, used well, as it would be written; null: none. */
export function exampleOf(key: string, schema: Schema, path: IssuePath = []): string | null {
  const examples = bare(schema).meta()?.['examples'];
  const own =
    Array.isArray(examples) && examples.length > 0 ? `${key}: ${JSON.stringify(examples[0])}` : null;
  const [next, ...rest] = path;
  if (next === undefined) return own;
  const inner = exampleOf(typeof next === 'number' ? key : next, memberOf(schema, next), rest);
  return inner ?? own;
}

function memberOf(schema: Schema, key: string | number): Schema {
  const inner = bare(schema);
  if (inner instanceof z.ZodArray) return inner.element as z.ZodType;
  if (inner instanceof z.ZodRecord) return inner.valueType as z.ZodType;
  if (inner instanceof z.ZodObject) return (inner.shape as Record<string, z.ZodType>)[key] ?? z.unknown();
  return z.unknown();
}

/** Without its `optional`. */
export function bare(schema: z.ZodType): z.ZodType {
  return schema instanceof z.ZodOptional ? (schema.unwrap() as z.ZodType) : schema;
}

/** What editors and hints say of a key. */
export function keyed<Value extends z.ZodType>(
  schema: Value,
  description: string,
  example: unknown,
  more: { readonly default?: unknown; readonly deprecated?: true } = {},
): Value {
  return schema.meta({ description, examples: [example], ...more });
}
