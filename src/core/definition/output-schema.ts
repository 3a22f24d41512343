import { isJsonObject, type JsonObject } from '../json.js';

/** Whether every output that fits a JSON Schema is an object with this boolean. */
export function hasRequiredBoolean(schema: JsonObject | undefined, field: string): boolean {
  if (schema?.['type'] !== 'object') return false;
  const { required } = schema;
  const property = propertiesOf(schema)?.[field];
  const isBoolean = isJsonObject(property) && property['type'] === 'boolean';
  return isBoolean && Array.isArray(required) && required.includes(field);
}

/** The properties that a JSON Schema declares: the only fields of such an output that may be read. Null: none are. */
export function propertiesOf(schema: JsonObject | undefined): JsonObject | null {
  const properties = schema?.['properties'];
  return isJsonObject(properties) ? { ...properties } : null;
}
