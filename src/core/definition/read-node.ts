import { parseCondition } from '../expression/condition.js';
import type { NodeId } from '../ids.js';
import { isJsonObject } from '../json.js';
import type { RetryPolicy } from './definition.js';
import type { DraftBody, DraftNode } from './draft.js';
import type { IssuePath } from './issue.js';
import { KIND_NAMES, NODE_KINDS, type ReadableKind } from './node-kinds.js';
import { readMap, type Fault } from './read-map.js';
import { reportFaults, show } from './report-faults.js';
import type { IssueList } from './source-document.js';
import { UNSUPPORTED_KEYS, UNSUPPORTED_KINDS } from './unsupported-keys.js';
import type { FieldsOf } from './yaml-schema.js';

const DEFAULT_BASH_TIMEOUT_MS = 120_000;
const DEFAULT_RETRY_DELAY_MS = 3_000;

type NodeFields = FieldsOf<'node'>;
type Source = Readonly<Record<string, unknown>>;

/** Reads one entry of `nodes`, and tells what is wrong with it alone. */
export function readNode(source: unknown, position: number, issues: IssueList): DraftNode | null {
  const path = ['nodes', position];
  if (!isJsonObject(source)) {
    const hint = 'write for example {id: build, bash: npm test}';
    issues.error({
      code: 'VALUE_INVALID',
      path,
      message: `node #${position + 1} must be a map of keys; it is ${show(source)}`,
      hint,
    });
    return null;
  }
  const { fields, faults } = readMap('node', source);
  const label = fields.id === undefined ? `node #${position + 1}` : `node '${fields.id}'`;
  const kind = readKind(source, path, label, issues);
  reportFaults({ map: 'node', path, label }, source, faultsFor(source, faults), issues);
  if (kind !== null) reportIdleKeys(kind, fields, path, issues);
  return {
    path,
    id: (fields.id as NodeId | undefined) ?? null,
    description: fields.description ?? null,
    dependsOn: fields.depends_on ?? [],
    when: fields.when === undefined ? null : { text: fields.when, condition: parseCondition(fields.when) },
    triggerRule: fields.trigger_rule ?? 'all_success',
    body: kind === null ? null : readBody(kind, fields),
  };
}

function readKind(source: Source, path: IssuePath, label: string, issues: IssueList): ReadableKind | null {
  const supported = KIND_NAMES.filter((kind) => Object.hasOwn(source, kind));
  const unsupported = unsupportedKinds(source);
  const [kind] = supported;
  const all = [...supported, ...unsupported];
  if (all.length > 1) {
    const message = `${label} has more than one kind: ${all.join(', ')}`;
    issues.error({ code: 'NODE_KIND_AMBIGUOUS', path, message, hint: 'make a node of each' });
  }
  for (const name of unsupported) {
    const message = `nodes of the kind '${name}' are not supported yet`;
    const hint = `use ${KIND_NAMES.join(', ')}, or run the file with a later version`;
    issues.error({ code: 'NODE_KIND_UNSUPPORTED', path: [...path, name], message, hint, aim: 'key' });
  }
  if (all.length === 0) {
    const hint = `add one of ${KIND_NAMES.join(', ')}`;
    issues.error({ code: 'NODE_KIND_MISSING', path, message: `${label} has no kind`, hint });
  }
  return all.length === 1 && kind !== undefined ? kind : null;
}

/** The kind of a node is told apart from its keys; keys that only serve an unsupported kind need no word of their own. */
function faultsFor(source: Source, faults: readonly Fault[]): readonly Fault[] {
  const silent: readonly string[] =
    unsupportedKinds(source).length > 0 ? UNSUPPORTED_KEYS.node : UNSUPPORTED_KINDS;
  return faults.filter(({ kind, path: [key] }) => kind !== 'unknown' || !silent.includes(String(key)));
}

function unsupportedKinds(source: Source): readonly string[] {
  return UNSUPPORTED_KINDS.filter((kind) => Object.hasOwn(source, kind));
}

function reportIdleKeys(kind: ReadableKind, fields: NodeFields, path: IssuePath, issues: IssueList): void {
  const facts = NODE_KINDS[kind];
  const ignored = (key: IssuePath, why: string): void => {
    const message = `'${key.join('.')}' has no effect on ${why}`;
    issues.warning({ code: 'KEY_IGNORED', path: [...path, ...key], message, hint: 'remove it', aim: 'key' });
  };
  if (fields.retry !== undefined && !facts.isRetryable) ignored(['retry'], `nodes of the kind '${kind}'`);
  if (fields.timeout !== undefined && !facts.takesTimeout)
    ignored(['timeout'], `nodes of the kind '${kind}'`);
  if (kind !== 'approval' || fields.approval?.capture_response === undefined) return;
  if (fields.approval.decisions !== undefined)
    ignored(['approval', 'capture_response'], 'a gate with decisions');
  else {
    const message = "'capture_response' is deprecated";
    const hint = 'declare decisions; the output then holds decision and text';
    issues.warning({
      code: 'KEY_DEPRECATED',
      path: [...path, 'approval', 'capture_response'],
      message,
      hint,
      aim: 'key',
    });
  }
}

function readBody(kind: ReadableKind, fields: NodeFields): DraftBody | null {
  const timeoutMs = fields.timeout === undefined ? null : Math.ceil(fields.timeout);
  const { bash, approval, cancel } = fields;
  switch (kind) {
    case 'bash': {
      if (bash === undefined) return null;
      const limits = { timeoutMs: timeoutMs ?? DEFAULT_BASH_TIMEOUT_MS, retry: readRetry(fields.retry) };
      return { kind, text: bash, ...limits };
    }
    case 'approval': {
      if (approval === undefined) return null;
      const decisions = approval.decisions?.map(({ id, label }) => ({ id, label: label ?? null })) ?? null;
      const captureResponse = approval.capture_response === true && decisions === null;
      return { kind, text: approval.message, decisions, captureResponse, timeoutMs };
    }
    case 'cancel':
      return cancel === undefined ? null : { kind, text: cancel };
  }
}

function readRetry(retry: NodeFields['retry']): RetryPolicy | null {
  if (retry === undefined) return null;
  return {
    maxAttempts: retry.max_attempts,
    delayMs: Math.round(retry.delay_ms ?? DEFAULT_RETRY_DELAY_MS),
    onError: retry.on_error ?? 'transient',
  };
}
