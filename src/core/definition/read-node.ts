import { parseCondition } from '../expression/condition.js';
import type { NodeId } from '../ids.js';
import { isJsonObject } from '../json.js';
import type { DraftBody, DraftNode } from './draft.js';
import type { IssuePath } from './issue.js';
import { EVERY_NODES_KEYS, KIND_KEYS, NODE_KINDS, type KindKey } from './node-kinds.js';
import { readAgent, readAgentLoop } from './read-agent.js';
import { readBindings } from './read-bindings.js';
import {
  readApproval,
  readBash,
  readCancel,
  readScript,
  readSubrun,
  type KindReader,
} from './read-bodies.js';
import { readLoopRules } from './read-loop-rules.js';
import { readMap } from './read-map.js';
import { reportFaults, show } from './report-faults.js';
import type { IssueList } from './source-document.js';
import type { FieldsOf } from './yaml-schema.js';
import { sharedSettings } from './settings.js';

type Source = Readonly<Record<string, unknown>>;

/** Where a node stands: the path of its list, its position in it, and what encloses it. */
export interface NodePlace {
  readonly list: IssuePath;
  readonly position: number;
  /** `node 'g' → loop_group ` for a node of a body, else empty. */
  readonly within: string;
}

const READERS: Readonly<Record<Exclude<KindKey, 'loop_group'>, KindReader>> = {
  bash: readBash,
  script: readScript,
  prompt: readAgent,
  command: readAgent,
  loop: readAgentLoop,
  approval: readApproval,
  cancel: readCancel,
  include: ({ include }) => (include === undefined ? null : { kind: 'include', target: include }),
  workflow: readSubrun,
};

/** Reads one entry of a list of nodes, and tells what is wrong with it alone. */
export function readNode(source: unknown, place: NodePlace, issues: IssueList): DraftNode | null {
  const path = [...place.list, place.position];
  const unnamed = `${place.within}node #${place.position + 1}`;
  if (!isJsonObject(source)) {
    const message = `${unnamed} must be a map of keys; it is ${show(source)}`;
    const hint = 'write for example {id: build, bash: npm test}';
    issues.error({ code: 'VALUE_INVALID', path, message, hint });
    return null;
  }
  const { fields, faults } = readMap('node', source);
  const label = fields.id === undefined ? unnamed : `${place.within}node '${fields.id}'`;
  const kind = readKind(source, path, label, issues);
  reportFaults({ map: 'node', path, label }, source, faults, issues);
  if (kind !== null) reportIdleKeys(kind, source, { path, label }, issues);
  const body = kind === null ? null : readBody(kind, fields, { path, label, issues });
  return {
    path,
    written: Object.keys(source),
    id: (fields.id as NodeId | undefined) ?? null,
    description: fields.description ?? null,
    dependsOn: fields.depends_on ?? [],
    when: fields.when === undefined ? null : { text: fields.when, condition: parseCondition(fields.when) },
    triggerRule: fields.trigger_rule ?? null,
    extras: kind === null ? {} : readExtras(kind, fields),
    bindings: kind === null ? {} : readBindings(kind, fields.with, { path, label, issues }),
    boundaries: [],
    body,
  };
}

/** Reads the list of a workflow, or of a body. */
export function readNodes(
  sources: readonly unknown[],
  place: Omit<NodePlace, 'position'>,
  issues: IssueList,
): readonly DraftNode[] {
  return sources.flatMap((source, position) => readNode(source, { ...place, position }, issues) ?? []);
}

function readKind(source: Source, path: IssuePath, label: string, issues: IssueList): KindKey | null {
  const kinds = KIND_KEYS.filter((kind) => Object.hasOwn(source, kind));
  const [kind, ...others] = kinds;
  if (kind === undefined) {
    const hint = `add one of ${KIND_KEYS.join(', ')}`;
    issues.error({ code: 'NODE_KIND_MISSING', path, message: `${label} has no kind`, hint });
    return null;
  }
  if (others.length === 0) return kind;
  const message = `${label} has more than one kind: ${kinds.join(', ')}`;
  issues.error({ code: 'NODE_KIND_AMBIGUOUS', path, message, hint: 'make a node of each' });
  return null;
}

/** Tells the keys that do nothing on this kind of node, or that may not stand there. */
function reportIdleKeys(
  kind: KindKey,
  source: Source,
  { path, label }: { readonly path: IssuePath; readonly label: string },
  issues: IssueList,
): void {
  const { keys, refused } = NODE_KINDS[kind];
  for (const key of Object.keys(source)) {
    const at = { path: [...path, key], aim: 'key' } as const;
    const why = Object.hasOwn(refused, key) ? refused[key] : undefined;
    if (why !== undefined) {
      const message = `${label} may not have '${key}': it is of the kind '${kind}'`;
      issues.error({ code: 'KEY_REFUSED', ...at, message, hint: why });
    } else if (key === 'context' && isJsonObject(source[key]) && isIdle(key, kind, keys)) {
      const message = `${label} has no session to resume: it is of the kind '${kind}'`;
      issues.error({ code: 'SESSION_UNUSABLE', ...at, message, hint: 'resume it in a prompt or command' });
    } else if (isIdle(key, kind, keys)) {
      const message = `'${key}' has no effect on nodes of the kind '${kind}'`;
      issues.warning({ code: 'KEY_IGNORED', ...at, message, hint: 'remove it' });
    }
  }
}

/** Known to nodes, but not to those of this kind. Unknown keys are told as such. */
function isIdle(key: string, kind: KindKey, keys: readonly string[]): boolean {
  const isOwn = key === kind || EVERY_NODES_KEYS.includes(key) || keys.includes(key);
  return !isOwn && ALL_KEYS.has(key);
}

const ALL_KEYS: ReadonlySet<string> = new Set(Object.values(NODE_KINDS).flatMap(({ keys }) => keys));

function readExtras(kind: KindKey, fields: FieldsOf<'node'>): DraftNode['extras'] {
  const { always_run, output_type, output_format } = fields;
  const has = (key: string): boolean => NODE_KINDS[kind].keys.includes(key);
  return {
    ...(always_run === true && has('always_run') ? { alwaysRun: true } : {}),
    ...(output_type !== undefined && has('output_type') ? { outputType: output_type } : {}),
    ...(output_format !== undefined && has('output_format') ? { outputFormat: output_format } : {}),
  };
}

function readBody(
  kind: KindKey,
  fields: FieldsOf<'node'>,
  place: { readonly path: IssuePath; readonly label: string; readonly issues: IssueList },
): DraftBody | null {
  if (kind !== 'loop_group') return READERS[kind](fields, place);
  const { loop_group: group } = fields;
  if (group === undefined) return null;
  const { path, label, issues } = place;
  const rules = readLoopRules(
    group,
    { path: [...path, kind], label, channels: ['until', 'until_bash'] },
    issues,
  );
  const list = [...path, kind, 'nodes'];
  const body = readNodes(group.nodes, { list, within: `${label} → loop_group ` }, issues);
  return { kind, rules, body, settings: sharedSettings(fields) };
}
