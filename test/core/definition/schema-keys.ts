export type Schema = Readonly<Record<string, unknown>>;

/** Every key that a schema describes, as a dotted path; those of a definition of its own after its name. */
export function keysOfSchema(schema: Schema, path = ''): readonly (readonly [string, Schema])[] {
  const definitions = Object.entries((schema['definitions'] ?? {}) as Record<string, Schema>);
  const named = definitions.flatMap(([name, definition]) => keysOfSchema(definition, `${name}:`));
  const inner = ['items', 'additionalProperties'].flatMap((key) =>
    typeof schema[key] === 'object' ? keysOfSchema(schema[key] as Schema, `${path}[]`) : [],
  );
  const own = Object.entries((schema['properties'] ?? {}) as Record<string, Schema>).flatMap(
    ([key, value]) => [[`${path}.${key}`, value] as const, ...keysOfSchema(value, `${path}.${key}`)],
  );
  return [...own, ...inner, ...named];
}
