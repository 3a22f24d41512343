import { findReferences, formatReference } from '../expression/reference.js';
import { isJsonObject } from '../json.js';
import type { DraftNode } from './draft.js';
import { textsOf } from './draft-texts.js';
import type { IssuePath } from './issue.js';
import type { Level } from './level.js';
import { FORKING_ASSISTANTS } from './assistants.js';
import type { IssueList } from './source-document.js';

/** Tells values and sessions that come from a node which need not have run before. */
export function checkUpstream(node: DraftNode, position: number, level: Level, issues: IssueList): void {
  for (const { text, path } of textsOf(node)) {
    if (path[0] !== 'with' && path[0] !== 'fan_out') continue;
    for (const { reference } of findReferences(text)) {
      if (reference.kind !== 'node' || level.find(reference.nodeId) === null) continue;
      if (level.isUpstream(reference.nodeId, position)) continue;
      const shown = formatReference(reference);
      const message = `'${shown}' comes from a node that need not have run before`;
      const hint = `add '${reference.nodeId}' to depends_on`;
      issues.error({
        code: 'NOT_UPSTREAM',
        path: [...node.path, ...path],
        message,
        hint,
        aim: { text: shown },
      });
    }
  }
  checkSession(node, position, level, issues);
}

function checkSession(node: DraftNode, position: number, level: Level, issues: IssueList): void {
  const { body, path } = node;
  if (body?.kind !== 'agent') return;
  const { context, provider } = body.settings;
  const id = isJsonObject(context) ? context['resume'] : undefined;
  if (typeof id !== 'string') return;
  const at: IssuePath = [...path, 'context', 'resume'];
  const problem = problemOfSession(id, provider, position, level);
  if (problem === null) return;
  const [message, hint] = problem;
  issues.error({ code: 'SESSION_UNUSABLE', path: at, message, hint });
}

function problemOfSession(
  id: string,
  provider: unknown,
  position: number,
  level: Level,
): readonly [message: string, hint: string] | null {
  if (level.isBody) return ['a node of a loop_group cannot resume a session', 'write context: shared'];
  const producer = level.find(id)?.body;
  if (producer?.kind !== 'agent' && producer?.kind !== 'loop')
    return [`'${id}' is no node with a session`, 'name a prompt, command or loop'];
  if (!level.isUpstream(id, position))
    return [`'${id}' need not have run before`, `add '${id}' to depends_on`];
  const theirs = producer.settings['provider'];
  if (theirs !== provider) return [`'${id}' is run by another provider`, 'give both the same provider'];
  if (typeof provider === 'string' && !FORKING_ASSISTANTS.some((one) => one === provider))
    return [
      `sessions of '${provider}' cannot be resumed by another node`,
      `use ${FORKING_ASSISTANTS.join(' or ')}`,
    ];
  return null;
}
