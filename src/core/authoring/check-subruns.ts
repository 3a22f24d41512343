import { chainFault } from '../definition/chains.js';
import type { SubrunNode, WorkflowDefinition } from '../definition/definition.js';
import type { DraftNode } from '../definition/draft.js';
import { inputFaults } from '../definition/input-faults.js';
import type { Issue, IssuePath } from '../definition/issue.js';
import type { IssueList } from '../definition/source-document.js';
import { DEEPEST_SUBRUN } from '../subrun/check-target.js';
import { targetsOf } from '../subrun/targets.js';

/** What the target of a sub-run is among the workflows that there are. */
export type SubrunTarget =
  | { readonly kind: 'usable'; readonly definition: WorkflowDefinition }
  /** `fault`: what is wrong with its file. */
  | { readonly kind: 'refused'; readonly name: string; readonly fault: string }
  /** `problem` continues "'workflow' names 'x', which". */
  | { readonly kind: 'none'; readonly problem: string; readonly hint: string };

/** Looks targets up, as a start does. */
export type SubrunLibrary = (target: string) => SubrunTarget;

interface Check {
  /** Name of the workflow whose nodes are checked. */
  readonly from: string;
  /** Null: it cannot be used. */
  readonly own: WorkflowDefinition | null;
  readonly library: SubrunLibrary;
  readonly issues: IssueList;
}

type Told = Pick<Issue, 'code' | 'message' | 'hint'>;

/** Tells which sub-runs of a workflow could never run, or not as they are given. */
export function checkSubruns(nodes: readonly DraftNode[], check: Check): void {
  for (const node of nodes) {
    if (node.body?.kind === 'workflow') checkNode(node, node.body, check);
    if (node.body?.kind === 'include') checkIncluded(node, check);
  }
}

function checkNode(
  node: DraftNode,
  body: Pick<SubrunNode, 'target' | 'fanOut' | 'isolation'>,
  { from, library, issues }: Check,
): void {
  const path = [...node.path, 'workflow'];
  const target = library(body.target);
  if (target.kind !== 'usable') {
    issues.error({ ...unusable(body.target, target), path });
    return;
  }
  const { definition } = target;
  const chain = faultOfChain(from, definition.name, library) ?? circleBelow(definition.name, library);
  if (chain !== null) issues.error({ ...chain, path });
  const given = [...Object.keys(node.bindings), ...asOf(body)];
  for (const fault of inputFaults(definition, given, 'workflow')) {
    issues.error({ ...fault, path: placeOf(fault.path, node, body) });
  }
  checkCrowd(node, body, definition, issues);
}

function asOf({ fanOut }: Pick<SubrunNode, 'fanOut'>): readonly string[] {
  return fanOut === null || fanOut.as === null ? [] : [fanOut.as];
}

function unusable(name: string, target: Exclude<SubrunTarget, { readonly kind: 'usable' }>): Told {
  if (target.kind === 'none') {
    const message = `'workflow' names '${name}', which ${target.problem}`;
    return { code: 'SUBRUN_NOT_FOUND', message, hint: target.hint };
  }
  const message = `the workflow '${target.name}' cannot be used itself`;
  return { code: 'SUBRUN_REFUSED', message, hint: `mend it: ${target.fault}` };
}

/** An input that `fan_out.as` names is told there. */
function placeOf(path: IssuePath, node: DraftNode, { fanOut }: Pick<SubrunNode, 'fanOut'>): IssuePath {
  const [key, name] = path;
  const isOfItem = key === 'with' && fanOut?.as === name && !Object.hasOwn(node.bindings, String(name));
  return [...node.path, ...(isOfItem ? ['fan_out', 'as'] : path)];
}

/** Several at once in one checkout are refused by the run, unless their workflow says that it changes nothing. */
function checkCrowd(
  node: DraftNode,
  { fanOut, isolation }: Pick<SubrunNode, 'fanOut' | 'isolation'>,
  target: WorkflowDefinition,
  issues: IssueList,
): void {
  if (fanOut === null || fanOut.maxParallel === 1 || isolation === 'worktree') return;
  if (target.mutatesCheckout === false) return;
  const message = `up to ${fanOut.maxParallel} runs of '${target.name}' at once would change one checkout, which a run refuses`;
  const hint = `set fan_out.max_parallel: 1, isolation: worktree, or mutates_checkout: false in '${target.name}'`;
  const path = [...node.path, 'fan_out'];
  issues.warning({ code: 'FAN_OUT_IN_PLACE', path, message, hint, aim: 'key' });
}

/** A sub-run that comes from an include is known by the include's id; only what hangs on this workflow is told. */
function checkIncluded(node: DraftNode, { from, own, library, issues }: Check): void {
  const inside = (own?.nodes ?? []).filter(({ id }) => id.startsWith(`${node.id ?? ''}__`));
  for (const one of inside) {
    if (one.kind !== 'workflow') continue;
    const target = library(one.target);
    const chain = target.kind === 'usable' ? faultOfChain(from, target.definition.name, library) : null;
    if (chain !== null) issues.error({ ...chain, path: [...node.path, 'include'] });
  }
}

function faultOfChain(from: string, target: string, library: SubrunLibrary): Told | null {
  const fault = chainFault(from, target, (name) => linksOf(name, library), DEEPEST_SUBRUN);
  if (fault === null) return null;
  const names = fault.names.join(' → ');
  if (fault.kind === 'cycle') {
    const message = `a workflow may not run itself: ${names}`;
    return { code: 'SUBRUN_CYCLE', message, hint: 'repeat with a loop_group, or end the chain further up' };
  }
  const message = `sub-runs nest deeper than ${DEEPEST_SUBRUN}: ${names}`;
  return { code: 'SUBRUN_TOO_DEEP', message, hint: 'include one of these workflows instead of running it' };
}

/** A workflow that a sub-run leads to and that runs itself: it is refused at the start of whatever leads there. */
function circleBelow(target: string, library: SubrunLibrary): Told | null {
  const reached = new Set([target]);
  for (const name of reached) {
    for (const next of linksOf(name, library)) {
      const fault = faultOfChain(name, next, library);
      if (fault?.code !== 'SUBRUN_CYCLE') {
        reached.add(next);
        continue;
      }
      const message = `the workflow '${name}' cannot be used itself`;
      return { code: 'SUBRUN_REFUSED', message, hint: `mend it: ${fault.message}` };
    }
  }
  return null;
}

function linksOf(name: string, library: SubrunLibrary): readonly string[] {
  const found = library(name);
  return found.kind === 'usable' ? targetsOf(found.definition).map((one) => nameOf(one, library)) : [];
}

function nameOf(target: string, library: SubrunLibrary): string {
  const found = library(target);
  return found.kind === 'usable' ? found.definition.name : target;
}
