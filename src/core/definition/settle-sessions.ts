import type { DraftNode } from './draft.js';
import type { IssueList } from './source-document.js';

/**
 * Settles which agents go on with the sessions of their workflow's last run: afterwards an agent does if its settings
 * have `persist_session: true`, and no other does. Words that do not count are told.
 * @param isForAll the workflow asks for it (`persist_sessions: true`)
 */
export function settleSessions(
  nodes: readonly DraftNode[],
  isForAll: boolean,
  issues: IssueList,
): readonly DraftNode[] {
  const settled = nodes.map((node) => settle(node, isForAll, issues));
  if (isForAll && !nodes.some(({ body }) => body?.kind === 'agent')) {
    const message =
      "'persist_sessions' has no effect: the workflow has no agent that could go on with a session";
    const hint = 'remove it; it is for prompt and command nodes outside of loop groups';
    issues.warning({ code: 'KEY_IGNORED', path: ['persist_sessions'], message, hint, aim: 'key' });
  }
  return settled;
}

const persists = ({ body }: DraftNode): boolean =>
  body?.kind === 'agent' && body.settings['persist_session'] === true;

function settle(node: DraftNode, isForAll: boolean, issues: IssueList): DraftNode {
  const { body } = node;
  if (body?.kind === 'loop_group') {
    tellInBody(body.body, issues);
    return { ...node, body: { ...body, body: withoutSessions(body.body) } };
  }
  if (body?.kind !== 'agent') return node;
  const { context, persist_session: own } = body.settings;
  const hasOwnSession = context !== undefined && context !== 'shared';
  if (!hasOwnSession) {
    const persist = own ?? (isForAll ? true : undefined);
    return persist === undefined ? node : withSetting(node, persist === true);
  }
  if (own !== true) return node;
  const message = `'persist_session' has no effect beside 'context', which says another session`;
  tell(node, message, 'remove one of the two', issues);
  return withSetting(node, false);
}

function tellInBody(nodes: readonly DraftNode[], issues: IssueList): void {
  for (const node of nodes) {
    if (node.body?.kind === 'loop_group') tellInBody(node.body.body, issues);
    if (!persists(node)) continue;
    const message =
      "'persist_session' has no effect in a loop_group, whose iterations have sessions of their own";
    tell(node, message, 'remove it', issues);
  }
}

function tell({ path }: DraftNode, message: string, hint: string, issues: IssueList): void {
  issues.warning({ code: 'KEY_IGNORED', path: [...path, 'persist_session'], message, hint, aim: 'key' });
}

/** The nodes of a body, also those that an include has put there. */
export function withoutSessions(nodes: readonly DraftNode[]): readonly DraftNode[] {
  return nodes.map((node) => {
    const { body } = node;
    if (body?.kind === 'loop_group') {
      return { ...node, body: { ...body, body: withoutSessions(body.body) } };
    }
    return persists(node) ? withSetting(node, false) : node;
  });
}

function withSetting(node: DraftNode, isKept: boolean): DraftNode {
  const { body } = node;
  return body?.kind === 'agent'
    ? { ...node, body: { ...body, settings: { ...body.settings, persist_session: isKept } } }
    : node;
}
