import { Ajv, type ErrorObject } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { RunError } from '../errors.js';
import { isJsonObject, type Json, type JsonObject } from '../json.js';

/** The shape that a node declares for its output. */
export interface OutputShape {
  /** The only fields that may be read. */
  readonly declared: readonly string[];
  /** @throws RunError `OUTPUT_INVALID` saying where the value differs; continues "Bash node 'x'" */
  require(value: Json): void;
}

const SHOWN_FAULTS = 3;

/** Words that the validator does not know are left to others, as formats are. */
const OPTIONS = { strict: false, logger: false } as const;

/** @throws RunError `OUTPUT_INVALID` the schema is none, with the `reason` */
export function readShape(schema: JsonObject): OutputShape {
  const validate = compile(schema);
  const { properties } = schema;
  return {
    declared: isJsonObject(properties) ? Object.keys(properties) : [],
    require: (value) => {
      if (validate(value)) return;
      const faults = (validate.errors ?? []).slice(0, SHOWN_FAULTS).map(inWords);
      throw new RunError(
        'OUTPUT_INVALID',
        `put out what does not fit its output_format: ${[...new Set(faults)].join('; ')}`,
      );
    },
  };
}

function compile(schema: JsonObject): ReturnType<Ajv['compile']> {
  const isRecent = /\b20(?:19-09|20-12)\b/.test(JSON.stringify(schema['$schema'] ?? ''));
  try {
    return (isRecent ? new Ajv2020(OPTIONS) : new Ajv(OPTIONS)).compile(schema);
  } catch (error) {
    const reason = (error as Error).message;
    throw new RunError(
      'OUTPUT_INVALID',
      `its output_format is no JSON Schema: ${reason}. Correct it in the workflow file`,
      { reason },
    );
  }
}

function inWords({ instancePath, message, params }: ErrorObject): string {
  const place = instancePath === '' ? 'the output' : instancePath;
  const named: unknown = params['additionalProperty'] ?? params['allowedValues'] ?? params['allowedValue'];
  return `${place} ${message ?? 'does not fit'}${named === undefined ? '' : ` (${JSON.stringify(named)})`}`;
}
