import { ASSISTANTS } from '../definition/assistants.js';
import type { Issue, IssuePath } from '../definition/issue.js';
import { readShape, valueAt, type Fault } from '../definition/read-map.js';
import { readYaml, type TextSource } from '../definition/read-yaml.js';
import { show } from '../definition/report-faults.js';
import { keysIn } from '../definition/schema-words.js';
import type { Finding, IssueList } from '../definition/source-document.js';
import { isJsonObject, type JsonObject } from '../json.js';
import { nearestName } from '../nearest-name.js';
import { CONFIG_SHAPE, type ConfigValues } from './config-schema.js';

/** Whose file it is: `<repo>/.archon/config.yaml` or `$ARCHON_HOME/config.yaml`. */
export type ConfigScope = 'project' | 'global';

export type ConfigReading =
  | { readonly kind: 'read'; readonly values: ConfigValues; readonly warnings: readonly Issue[] }
  /** At least one error; warnings are among them. */
  | { readonly kind: 'refused'; readonly issues: readonly Issue[] };

/** Keys that Archon reads and signalbox does not, with what to know instead. */
const IDLE_KEYS: Readonly<Record<string, string>> = {
  container: 'remove it: runs work on the host itself',
  paths: 'remove it, and let ARCHON_HOME say where outputs and worktrees lie',
  concurrency: 'remove it: each working path has one run at a time, and runs have no other limit',
};

/** Keys that count in one scope only, and what is written in the other instead. */
const SCOPED_KEYS: Readonly<Record<string, { readonly scope: ConfigScope; readonly instead: string }>> = {
  assistant: { scope: 'project', instead: 'defaultAssistant' },
  defaultAssistant: { scope: 'global', instead: 'assistant' },
};

/**
 * Reads one config file, or tells everything that is wrong with it: no value is guessed, and none that is wrong is
 * passed over. An empty file, or an empty key, says nothing. Never throws.
 */
export function readConfigFile(source: TextSource, scope: ConfigScope): ConfigReading {
  const { tree, issues } = readYaml(source);
  const values = tree === null ? {} : readValues(tree.value, scope, issues);
  return issues.hasErrors
    ? { kind: 'refused', issues: issues.told() }
    : { kind: 'read', values, warnings: issues.told() };
}

function readValues(value: unknown, scope: ConfigScope, issues: IssueList): ConfigValues {
  if (value === null) return {};
  if (!isJsonObject(value)) {
    const message = `the config must be a map of keys; it is ${show(value)}`;
    issues.error({ code: 'VALUE_INVALID', path: [], message, hint: 'write for example docs: {path: docs/}' });
    return {};
  }
  const { fields, faults } = readShape(CONFIG_SHAPE, withoutEmpty(value, []));
  for (const fault of faults) report(value, fault, issues);
  for (const key of Object.keys(value)) reportIdle(key, scope, issues);
  for (const name of Object.keys((fields as ConfigValues).assistants ?? {}))
    reportUnknownAssistant(name, issues);
  return effective(fields, scope);
}

/** Without keys that are written and left empty, as where everything below one is a comment: they say nothing. */
function withoutEmpty(map: JsonObject, nested: IssuePath): JsonObject {
  const known = keysIn(CONFIG_SHAPE, nested);
  const said = Object.entries(map).filter(([key, value]) => value !== null || !known.includes(key));
  if (nested.length > 0) return Object.fromEntries(said);
  return Object.fromEntries(
    said.map(([key, value]) => [key, isJsonObject(value) ? withoutEmpty(value, [key]) : value]),
  );
}

/** Without what does not count in this scope. */
function effective(fields: ConfigValues, scope: ConfigScope): ConfigValues {
  const counts = Object.entries(fields).filter(([key]) => (SCOPED_KEYS[key]?.scope ?? scope) === scope);
  return Object.fromEntries(counts);
}

function report(source: JsonObject, fault: Fault, issues: IssueList): void {
  if (fault.kind === 'unknown') issues.warning(unknown(fault));
  else issues.error(fault.kind === 'missing' ? missing(fault) : wrong(source, fault));
}

function unknown({ path }: Fault): Finding {
  const nested = path.slice(0, -1);
  const key = String(path.at(-1));
  return {
    code: 'KEY_UNKNOWN',
    path,
    message: `${owner(nested)} has the unknown key '${key}', which has no effect`,
    hint: () => {
      const known = keysIn(CONFIG_SHAPE, nested);
      const nearest = nearestName(key, known);
      return nearest === null ? `remove it; there are ${known.join(', ')}` : `did you mean '${nearest}'?`;
    },
    aim: 'key',
  };
}

function missing({ path }: Fault): Finding {
  const nested = path.slice(0, -1);
  const message = `${owner(nested)} has no '${String(path.at(-1))}'`;
  return { code: 'KEY_MISSING', path: nested, message, hint: `add '${String(path.at(-1))}'` };
}

function wrong(source: JsonObject, { path, message, example }: Fault): Finding {
  return {
    code: 'VALUE_INVALID',
    path,
    message: `'${dotted(path)}' of the config ${message}; it is ${show(valueAt(source, path))}`,
    hint: example === null ? 'mend it' : `write for example ${example}`,
  };
}

function reportUnknownAssistant(name: string, issues: IssueList): void {
  if (ASSISTANTS.some((known) => known === name)) return;
  const nearest = nearestName(name, ASSISTANTS);
  const message = `'assistants' of the config has settings for '${name}', which is no provider`;
  const hint =
    nearest === null ? `remove it; there are ${ASSISTANTS.join(', ')}` : `did you mean '${nearest}'?`;
  issues.warning({ code: 'KEY_UNKNOWN', path: ['assistants', name], message, hint, aim: 'key' });
}

function reportIdle(key: string, scope: ConfigScope, issues: IssueList): void {
  const advice = IDLE_KEYS[key];
  const scoped = SCOPED_KEYS[key];
  const ignore = (message: string, hint: string): void => {
    issues.warning({ code: 'KEY_IGNORED', path: [key], message, hint, aim: 'key' });
  };
  if (advice !== undefined) ignore(`'${key}' of the config has no effect here`, advice);
  if (scoped !== undefined && scoped.scope !== scope) {
    ignore(`'${key}' has no effect in the config of the ${whose(scope)}`, `write '${scoped.instead}'`);
  }
}

const whose = (scope: ConfigScope): string => (scope === 'project' ? 'project' : 'user');

const owner = (path: IssuePath): string =>
  path.length === 0 ? 'the config' : `'${dotted(path)}' of the config`;

const dotted = (path: IssuePath): string => path.join('.');
