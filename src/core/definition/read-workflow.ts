import type { Json } from '../json.js';
import type { DraftNode, DraftWorkflow } from './draft.js';
import { readInputs } from './read-inputs.js';
import { readMap } from './read-map.js';
import { readNodes } from './read-node.js';
import { reportFaults, show } from './report-faults.js';
import { sharedSettings, withSettings } from './settings.js';
import { settleSessions } from './settle-sessions.js';
import type { IssueList } from './source-document.js';
import { isJsonObject } from '../json.js';
import type { FieldsOf } from './yaml-schema.js';

type Fields = FieldsOf<'workflow'>;

/** Accounts that a run may require. */
const ACCOUNTS = ['github'];
/** What an include does not carry over. */
const OWN_KEYS = [
  'interactive',
  'mutates_checkout',
  'worktree',
  'evidence_policy',
  'outcome_field',
  'schedule',
] as const;

/** Reads the workflow that a file holds, key by key, and tells what is wrong with it. */
export function readWorkflow(source: Readonly<Record<string, unknown>>, issues: IssueList): DraftWorkflow {
  const { fields, faults } = readMap('workflow', source);
  reportFaults({ map: 'workflow', path: [], label: 'the workflow' }, source, faults, issues);
  checkContainer(fields.container, issues);
  const nodes = readNodes(fields.nodes ?? [], { list: ['nodes'], within: '' }, issues);
  return {
    written: Object.keys(source),
    name: fields.name ?? '',
    description: fields.description ?? '',
    schedule: fields.schedule ?? null,
    isInteractive: readInteractive(fields.interactive, nodes, issues),
    tags: [...new Set((fields.tags ?? []).map((tag) => tag.trim()))].filter((tag) => tag !== ''),
    inputs: readInputs(fields.inputs, issues),
    nodes: collapsed(nodes, fields, issues),
    mutatesCheckout: fields.mutates_checkout ?? true,
    worktree: fields.worktree?.enabled ?? null,
    requiresEvidence: fields.evidence_policy?.required === true,
    requires: readRequires(fields.requires, issues),
    returns: fields.returns ?? null,
    outcomeField: fields.outcome_field ?? null,
    ownKeys: OWN_KEYS.filter((key) => fields[key] !== undefined),
  };
}

/** The workflow whose nodes may stop for a person says so; where it does not, it is taken to. */
function readInteractive(
  declared: boolean | undefined,
  nodes: readonly DraftNode[],
  issues: IssueList,
): boolean {
  const stop = findStop(nodes);
  if (stop === null || declared === true) return declared === true;
  const { id, path, body } = stop;
  const what = body?.kind === 'approval' ? 'gate' : 'interactive loop';
  const message = `the workflow has the ${what} '${id ?? ''}' and does not say that it may stop for a person; it counts as interactive`;
  const at = declared === undefined ? [...path, body?.kind ?? ''] : ['interactive'];
  const hint = 'add interactive: true';
  issues.warning({ code: 'INTERACTIVE_UNDECLARED', path: at, message, hint, aim: 'key' });
  return true;
}

/** The first node, bodies included, that may stop for a person. */
export function findStop(nodes: readonly DraftNode[]): DraftNode | null {
  for (const node of nodes) {
    const { body } = node;
    if (body?.kind === 'approval') return node;
    if ((body?.kind === 'loop' || body?.kind === 'loop_group') && body.rules.isInteractive) return node;
    const inner = body?.kind === 'loop_group' ? findStop(body.body) : null;
    if (inner !== null) return inner;
  }
  return null;
}

function checkContainer(container: unknown, issues: IssueList): void {
  if (container === undefined) return;
  if (isJsonObject(container) && container['enabled'] === false) {
    for (const key of Object.keys(container).filter((one) => one !== 'enabled')) {
      const message = `'container.${key}' has no effect on a workflow without container`;
      const path = ['container', key];
      issues.warning({ code: 'KEY_IGNORED', path, message, hint: 'remove it', aim: 'key' });
    }
    return;
  }
  const message =
    'runs in a container are not supported: processes there are beyond what guards the working path';
  const hint = 'remove it; worktree: {enabled: true} keeps the checkout untouched, too';
  issues.error({ code: 'CONTAINER_UNSUPPORTED', path: ['container'], message, hint, aim: 'key' });
}

function readRequires(requires: readonly string[] | undefined, issues: IssueList): readonly string[] {
  const known = (requires ?? []).filter((account, index) => {
    if (ACCOUNTS.includes(account)) return true;
    const message = `'requires' of the workflow must be one of ${ACCOUNTS.join(', ')}; it is ${show(account)}`;
    issues.warning({ code: 'VALUE_IGNORED', path: ['requires', index], message, hint: 'it does not count' });
    return false;
  });
  return [...new Set(known)];
}

/** Hands what the workflow says of agents down to them, so that it holds wherever they are included. */
function collapsed(nodes: readonly DraftNode[], fields: Fields, issues: IssueList): readonly DraftNode[] {
  const { modelReasoningEffort: effort, webSearchMode, persist_sessions: sessions } = fields;
  if (effort !== undefined) {
    const message = "'modelReasoningEffort' is deprecated";
    const hint = `write effort: ${effort}`;
    const path = ['modelReasoningEffort'];
    issues.warning({ code: 'KEY_DEPRECATED', path, message, hint, aim: 'key' });
  }
  const settings: Readonly<Record<string, Json>> = {
    ...(effort === undefined ? {} : { effort }),
    ...(webSearchMode === undefined ? {} : { webSearchMode }),
    ...sharedSettings(fields),
  };
  return withSettings(settleSessions(nodes, sessions === true, issues), settings);
}
