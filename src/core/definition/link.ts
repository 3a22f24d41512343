import { conditionReferences } from '../expression/condition.js';
import { formatReference } from '../expression/reference.js';
import type { NodeId } from '../ids.js';
import { MOST_NODES, positionsOf } from './check-graph.js';
import type { DraftGroup, DraftNode, DraftWorkflow } from './draft.js';
import type { CommandLookup } from './include-commands.js';
import { checkProse } from './check-when.js';
import { checkResults } from './check-results.js';
import { chainsOf, type IncludeChains } from './include-chains.js';
import { inlineInclude, type Inlined } from './inline-include.js';
import { formatIssue, type IssueCode, type IssuePath } from './issue.js';
import { nearestName } from '../nearest-name.js';
import { findStop } from './read-workflow.js';
import { rewriteNodes, type TextBudget } from './rewrite.js';
import { withoutSessions } from './settle-sessions.js';
import type { IssueList } from './source-document.js';
import { unreplacedInputs } from './unreplaced-inputs.js';

/** A file that has been read and checked on its own. */
export interface ParsedWorkflow {
  readonly file: string;
  /** Null: the file has none that could be read. */
  readonly name: string | null;
  readonly draft: DraftWorkflow | null;
  readonly issues: IssueList;
}

/** The workflow of a file without includes. `draft` null: it cannot be used, and `issues` tell why. */
export interface LinkedWorkflow {
  readonly draft: DraftWorkflow | null;
  readonly issues: IssueList;
}

/** How many characters of text the includes of one file may make. */
const MOST_TEXT = 16 * 1024 * 1024;

/** Expands the includes of many workflows that know each other by name; each once. */
export class Linker {
  private readonly linked = new Map<ParsedWorkflow, LinkedWorkflow>();
  private readonly chains: IncludeChains;

  constructor(
    private readonly library: ReadonlyMap<string, ParsedWorkflow>,
    private readonly commands: (name: string, file: string) => string | null,
  ) {
    this.chains = chainsOf(library);
  }

  link(parsed: ParsedWorkflow): LinkedWorkflow {
    const known = this.linked.get(parsed);
    if (known !== undefined) return known;
    const linked = this.expand(parsed);
    this.linked.set(parsed, linked);
    return linked;
  }

  private expand({ draft, issues: own }: ParsedWorkflow): LinkedWorkflow {
    const issues = own.copy();
    if (draft === null) return { draft, issues };
    this.checkTargets(draft.nodes, draft.name, issues);
    return issues.hasErrors ? { draft: null, issues } : this.expandWorkflow(draft, issues);
  }

  private expandWorkflow(draft: DraftWorkflow, issues: IssueList): LinkedWorkflow {
    const expansion: Expansion = {
      workflow: draft,
      issues,
      budget: { left: MOST_TEXT },
      requires: new Set(draft.requires),
    };
    const { nodes, inlined } = this.expandLevel(draft.nodes, expansion);
    if (expansion.budget.left <= 0 && !issues.hasErrors) issues.error({ ...TOO_MUCH, path: ['nodes'] });
    const returns = draft.returns === null ? null : (inlined.get(draft.returns)?.result ?? draft.returns);
    checkResults(draft, nodes.find(({ id }) => id === returns) ?? null, issues);
    if (issues.hasErrors) return { draft: null, issues };
    const isInteractive = draft.isInteractive || findStop(nodes) !== null;
    return { draft: { ...draft, nodes, returns, isInteractive, requires: [...expansion.requires] }, issues };
  }

  private expandLevel(sources: readonly DraftNode[], expansion: Expansion): Level {
    const inner = sources.map((node) => {
      const { body } = node;
      return body?.kind === 'loop_group' ? this.expandGroup(node, body, expansion) : node;
    });
    const inlined = new Map<string, Inlined>();
    const nodes: DraftNode[] = [];
    for (const node of inner) {
      const made = node.body?.kind === 'include' ? this.include(node, expansion) : null;
      if (made === null) nodes.push(node);
      else {
        nodes.push(...made.nodes);
        if (node.id !== null) inlined.set(node.id, made);
      }
      if (nodes.length > MOST_NODES) expansion.budget.left = 0;
      if (expansion.budget.left > 0) continue;
      if (made !== null) tell(expansion, node, TOO_MUCH);
      break;
    }
    if (inlined.size === 0) return { nodes, inlined };
    checkNames(inner, inlined, expansion);
    checkWhens(inner, inlined, expansion);
    return { nodes: withAliases(nodes, inlined, expansion.budget), inlined };
  }

  /** The texts of a group may name includes of its body. */
  private expandGroup(node: DraftNode, group: DraftGroup, expansion: Expansion): DraftNode {
    const { nodes, inlined } = this.expandLevel(group.body, expansion);
    const empty = { ...node, body: { ...group, body: [] } };
    const [renamed = empty] = inlined.size === 0 ? [empty] : withAliases([empty], inlined, expansion.budget);
    return renamed.body?.kind === 'loop_group'
      ? { ...renamed, body: { ...renamed.body, body: withoutSessions(nodes) } }
      : renamed;
  }

  /** Tells includes that cannot be, whatever else is wrong. */
  private checkTargets(nodes: readonly DraftNode[], name: string, issues: IssueList): void {
    for (const { body, path } of nodes) {
      if (body?.kind === 'loop_group') this.checkTargets(body.body, name, issues);
      if (body?.kind !== 'include') continue;
      const problem = this.problemOf(body.target, name);
      if (problem !== null) issues.error({ ...problem, path: [...path, 'include'] });
    }
  }

  private problemOf(target: string, from: string): Told | null {
    if (this.library.has(target)) return this.chains.problemOf(from, target);
    const nearest = nearestName(target, [...this.library.keys()]);
    const message = `'include' names '${target}', which is no workflow`;
    const hint = nearest === null ? 'add it, or remove the node' : `did you mean '${nearest}'?`;
    return { code: 'INCLUDE_NOT_FOUND', message, hint };
  }

  /** The nodes that stand in the place of an include; null: what is wrong has been told. */
  private include(node: DraftNode, expansion: Expansion): Inlined | null {
    const { body, id } = node;
    const target = body?.kind === 'include' ? this.library.get(body.target) : undefined;
    if (target === undefined || id === null) return null;
    const child = this.link(target);
    if (child.draft !== null) return this.inline({ ...node, id }, child.draft, target.file, expansion);
    const [first] = child.issues.told().filter(({ severity }) => severity === 'error');
    const message = `the workflow '${target.name ?? ''}' cannot be used itself`;
    const hint = first === undefined ? 'mend it' : `mend it: ${formatIssue(first)}`;
    return tell(expansion, node, { code: 'INCLUDE_REFUSED', message, hint });
  }

  private inline(
    node: DraftNode & { readonly id: NodeId },
    child: DraftWorkflow,
    file: string,
    expansion: Expansion,
  ): Inlined {
    const lookup: CommandLookup = (name) => this.commands(name, file);
    const made = inlineInclude(node, child, lookup, expansion.budget);
    for (const fault of made.faults) tell(expansion, node, fault);
    for (const account of child.requires) expansion.requires.add(account);
    tellDropped(node, child, expansion);
    if (!expansion.issues.hasErrors && expansion.budget.left > 0)
      tellUnreplaced(node, made, child, expansion);
    if (node.path.length > 2 && made.nodes.some(({ body }) => body?.kind === 'workflow')) {
      const message = `the workflow '${child.name}' has a sub-run, which may not stand in a loop_group`;
      tell(expansion, node, {
        code: 'NODE_KIND_MISPLACED',
        message,
        hint: 'include it outside of the loop_group',
      });
    }
    return made;
  }
}

interface Expansion {
  readonly workflow: DraftWorkflow;
  readonly issues: IssueList;
  readonly budget: TextBudget;
  /** Grows by what included workflows require. */
  readonly requires: Set<string>;
}

/** Some texts have been left as they were, so that what is made must not run. */
const TOO_MUCH: Told = {
  code: 'FILE_TOO_COMPLEX',
  message: 'the includes make more than may be run',
  hint: 'include less',
};

interface Level {
  readonly nodes: readonly DraftNode[];
  /** By include. */
  readonly inlined: ReadonlyMap<string, Inlined>;
}

interface Told {
  readonly code: IssueCode;
  readonly message: string;
  readonly hint: string;
  readonly path?: IssuePath;
}

function tell(
  { issues }: Expansion,
  { path }: DraftNode,
  { path: inner = ['include'], ...rest }: Told,
): null {
  issues.error({ ...rest, path: [...path, ...inner] });
  return null;
}

/** What is handed on may come to stand where this workflow itself could not have written it. */
function tellUnreplaced(
  { path }: DraftNode,
  { nodes }: Inlined,
  child: DraftWorkflow,
  expansion: Expansion,
): void {
  for (const name of unreplacedInputs(nodes)) {
    const text = formatReference({ kind: 'input', name });
    const message = `'${text}' comes to stand in a script or message of the workflow '${child.name}', where it is not replaced`;
    const hint = 'let the script there read the environment, or give it the output of a bash node';
    expansion.issues.warning({
      code: 'REFERENCE_NOT_REPLACED',
      path: [...path, 'include'],
      message,
      hint,
    });
  }
}

function tellDropped({ path }: DraftNode, child: DraftWorkflow, { issues }: Expansion): void {
  if (child.ownKeys.length === 0) return;
  const message = `${child.ownKeys.join(', ')} of the workflow '${child.name}' does not count where it is included`;
  const hint = 'set it in this workflow, if it should hold here';
  issues.warning({ code: 'INCLUDE_KEY_DROPPED', path: [...path, 'include'], message, hint });
}

/** Two nodes may come to the same name only by an author who writes `a__b`. */
function checkNames(
  nodes: readonly DraftNode[],
  inlined: ReadonlyMap<string, Inlined>,
  expansion: Expansion,
): void {
  const taken = new Set(positionsOf(nodes).keys());
  for (const node of nodes) {
    for (const { id } of inlined.get(node.id ?? '')?.nodes ?? []) {
      if (id === null) continue;
      if (taken.has(id)) {
        const message = `the include makes a node '${id}', and there is another one`;
        tell(expansion, node, {
          code: 'DUPLICATE_NODE_ID',
          path: ['id'],
          message,
          hint: 'give it an id of its own',
        });
      }
      taken.add(id);
    }
  }
}

/** Tells conditions on an include whose output is what an agent wrote. */
function checkWhens(
  nodes: readonly DraftNode[],
  inlined: ReadonlyMap<string, Inlined>,
  { issues }: Expansion,
): void {
  for (const { when, path } of nodes) {
    for (const reference of conditionReferences(when?.condition ?? [])) {
      const made = reference.kind === 'node' ? inlined.get(reference.nodeId) : undefined;
      const result = made?.nodes.find(({ id }) => id === made.result) ?? null;
      if (reference.kind === 'node') checkProse(reference, result, [...path, 'when'], issues);
    }
  }
}

/** Lets what named an include name the nodes that stand in its place. */
function withAliases(
  nodes: readonly DraftNode[],
  inlined: ReadonlyMap<string, Inlined>,
  budget: TextBudget,
): readonly DraftNode[] {
  const sinksOf = (names: readonly string[]): readonly string[] =>
    names.flatMap((name) => inlined.get(name)?.sinks ?? [name]);
  const renamed = rewriteNodes(
    nodes,
    (reference) => {
      const made = reference.kind === 'input' ? undefined : inlined.get(reference.nodeId);
      return made === undefined || reference.kind === 'input' ? null : { ...reference, nodeId: made.result };
    },
    budget,
  );
  return renamed.map((node) => ({
    ...node,
    dependsOn: sinksOf(node.dependsOn),
    boundaries: node.boundaries.map((one) => ({ ...one, dependsOn: sinksOf(one.dependsOn) })),
  }));
}
