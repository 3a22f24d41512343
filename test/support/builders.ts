import type {
  Graph,
  LoopRules,
  Node,
  NodeKind,
  Text,
  WorkflowDefinition,
} from '../../src/core/definition/definition.js';
import { conditionReferences, parseCondition } from '../../src/core/expression/condition.js';
import { toOutput } from '../../src/core/expression/output.js';
import { findReferences, type Reference } from '../../src/core/expression/reference.js';
import type { NodeId } from '../../src/core/ids.js';
import type { MirrorFacts } from '../../src/core/mirror/mirror-facts.js';
import type { NodeFailure, NodeOutput } from '../../src/core/run/task.js';

type Resolved = 'id' | 'kind' | 'dependsOn' | 'layer' | 'references' | 'fieldsRead';

/** A node before it knows the others: dependencies by name, the condition as text. */
export type NodeDraft<Kind extends NodeKind = NodeKind> = Kind extends NodeKind
  ? Omit<Extract<Node, { kind: Kind }>, 'dependsOn' | 'layer' | 'references' | 'fieldsRead' | 'when'> & {
      readonly needs: readonly string[];
      readonly when: string | null;
    }
  : never;

type Own<Kind extends NodeKind, Texts extends string> = Partial<
  Omit<NodeDraft<Kind>, Exclude<Resolved, 'id'> | 'id' | Texts>
> &
  Partial<Record<Texts, string>>;

const BASE = { description: null, needs: [], when: null, triggerRule: 'all_success' } as const;

export function nodeId(text: string): NodeId {
  return text as NodeId;
}

export function aBashNode(id: string, over: Own<'bash', 'script'> = {}): NodeDraft<'bash'> {
  const { script = 'true', ...rest } = over;
  const own = { id: nodeId(id), kind: 'bash', timeoutMs: 120_000, retry: null } as const;
  return { ...BASE, ...own, script: { kind: 'inline', text: script }, ...rest };
}

export function aScriptNode(id: string, over: Own<'script', 'text'> = {}): NodeDraft<'script'> {
  const { text = 'console.log(1)', ...rest } = over;
  const own = {
    id: nodeId(id),
    kind: 'script',
    runtime: 'bun',
    deps: [],
    timeoutMs: 120_000,
    retry: null,
  } as const;
  return { ...BASE, ...own, source: { kind: 'inline', text: { kind: 'inline', text } }, ...rest };
}

export function aGate(id: string, over: Own<'approval', 'message'> = {}): NodeDraft<'approval'> {
  const { message = 'Go on?', ...rest } = over;
  const own = { id: nodeId(id), kind: 'approval', decisions: null } as const;
  const text = { kind: 'inline', text: message } as const;
  return { ...BASE, ...own, captureResponse: false, timeoutMs: null, message: text, ...rest };
}

export function aCancelNode(id: string, over: Own<'cancel', 'reason'> = {}): NodeDraft<'cancel'> {
  const { reason = 'nothing to do', ...rest } = over;
  return { ...BASE, id: nodeId(id), kind: 'cancel', reason: { kind: 'inline', text: reason }, ...rest };
}

const RULES: LoopRules = {
  until: 'DONE',
  untilBash: null,
  maxIterations: 5,
  freshContext: false,
  isInteractive: false,
  gateMessage: null,
  signalCompletes: false,
};

/** One turn of an agent. */
export function anAgentNode(id: string, over: Own<'agent', 'text'> = {}): NodeDraft<'agent'> {
  const { text = 'Do it', ...rest } = over;
  const own = { id: nodeId(id), kind: 'agent', settings: {}, idleTimeoutMs: 1_800_000, retry: null } as const;
  return { ...BASE, ...own, prompt: { kind: 'inline', text: { kind: 'inline', text } }, ...rest };
}

/** Turns of an agent until it is done. */
export function anAgentLoop(
  id: string,
  {
    rules,
    text = 'Do it',
    ...rest
  }: Partial<Omit<NodeDraft<'loop'>, Exclude<Resolved, 'id'> | 'id' | 'rules'>> & {
    readonly rules?: Partial<LoopRules>;
    readonly text?: string;
  } = {},
): NodeDraft<'loop'> {
  const own = {
    id: nodeId(id),
    kind: 'loop',
    settings: {},
    untilField: null,
    idleTimeoutMs: 1_800_000,
  } as const;
  const prompt = { kind: 'inline', text: { kind: 'inline', text } } as const;
  return { ...BASE, ...own, prompt, rules: { ...RULES, ...rules }, ...rest };
}

/** A loop group whose body is of these nodes. */
export function aLoopGroup(
  id: string,
  body: readonly NodeDraft[],
  { rules, schedule = 'layers', ...rest }: OwnOfLoop = {},
): NodeDraft<'loop_group'> {
  const graph: Graph = { schedule, nodes: aDefinition(body).nodes };
  const own = { id: nodeId(id), kind: 'loop_group', body: graph } as const;
  return { ...BASE, ...own, rules: { ...RULES, ...rules }, ...rest };
}

interface OwnOfLoop extends Partial<
  Pick<NodeDraft<'loop_group'>, 'needs' | 'when' | 'triggerRule' | 'alwaysRun'>
> {
  readonly rules?: Partial<LoopRules>;
  readonly schedule?: Graph['schedule'];
}

/** A definition of these nodes, with layers, references and fields worked out as the compiler does. */
export function aDefinition(
  drafts: readonly NodeDraft[],
  over: Partial<Omit<WorkflowDefinition, 'nodes'>> = {},
): WorkflowDefinition {
  const positions = new Map<string, number>(drafts.map((draft, position) => [draft.id, position]));
  const fieldsRead = fieldsReadOf(drafts);
  const layers = layersOf(drafts);
  const nodes = drafts.map((draft): Node => {
    const { needs, when, ...rest } = draft;
    return {
      ...rest,
      dependsOn: needs.map((need) => positions.get(need)!),
      layer: layers.get(draft.id)!,
      when: when === null ? null : { text: when, condition: parseCondition(when) },
      references: textReferences(draft),
      fieldsRead: [...(fieldsRead.get(draft.id) ?? [])],
    };
  });
  const head = { name: 'fix-issue', description: 'Fixes an issue', schedule: 'layers' } as const;
  return { ...head, isInteractive: false, tags: [], inputs: [], nodes, ...over };
}

/** What a node gave out that wrote this text. */
export function anOutput(text: string, fieldsRead: readonly string[] = []): NodeOutput {
  return toOutput(text, fieldsRead);
}

/** An output that had to go to a file. */
export function aFileOutput(bytes: number, excerpt = 'beginning'): NodeOutput {
  const file = {
    kind: 'file',
    path: '/artifacts/outputs/a.1',
    bytes,
    sha256: 'ab'.repeat(32),
    excerpt,
  } as const;
  return { text: file, fields: null };
}

export function aFailure(over: Partial<NodeFailure> = {}): NodeFailure {
  return { code: 'NODE_FAILED', message: "Bash node 'a' failed [exit 1]: no", ...over };
}

export function someFacts(definition: WorkflowDefinition, over: Partial<MirrorFacts> = {}): MirrorFacts {
  return {
    definition,
    message: 'fix the login page',
    baseBranch: null,
    startedBy: 'me@laptop',
    hostId: '0123456789abcdef0123456789abcdef',
    uid: 1000,
    temporalWorkflowId: 'run.68656deb43f8cbb6ed458b5101933cec.me-repo',
    previousError: null,
    details: {},
    ...over,
  };
}

function textReferences(draft: NodeDraft): readonly Reference[] {
  const own = textsOf(draft).flatMap((text) =>
    text.kind === 'inline' ? findReferences(text.text).map(({ reference }) => reference) : [],
  );
  if (draft.kind !== 'loop_group') return own;
  const inBody = draft.body.nodes.flatMap(({ references, when }) => [
    ...references,
    ...conditionReferences(when?.condition ?? []),
  ]);
  return [...own, ...inBody];
}

function textsOf(draft: NodeDraft): readonly Text[] {
  if (draft.kind === 'bash') return [draft.script];
  if (draft.kind === 'script') return draft.source.kind === 'inline' ? [draft.source.text] : [];
  if (draft.kind === 'approval') return [draft.message, ...(draft.onReject ? [draft.onReject.prompt] : [])];
  if (draft.kind === 'agent') return draft.prompt.text ? [draft.prompt.text] : [];
  if (draft.kind === 'loop') {
    return [draft.prompt.text, draft.rules.untilBash].filter((text) => text !== null);
  }
  if (draft.kind === 'loop_group') return draft.rules.untilBash ? [draft.rules.untilBash] : [];
  return draft.kind === 'cancel' ? [draft.reason] : [];
}

function fieldsReadOf(drafts: readonly NodeDraft[]): ReadonlyMap<string, ReadonlySet<string>> {
  const fields = new Map<string, Set<string>>();
  const references = drafts.flatMap((draft) => [
    ...textReferences(draft),
    ...(draft.when === null ? [] : conditionReferences(parseCondition(draft.when))),
  ]);
  for (const reference of references) {
    if (reference.kind === 'input' || reference.field === null) continue;
    fields.set(reference.nodeId, (fields.get(reference.nodeId) ?? new Set()).add(reference.field));
  }
  return fields;
}

/** Drafts may stand in any order; a cycle never ends, as in no valid definition. */
function layersOf(drafts: readonly NodeDraft[]): ReadonlyMap<string, number> {
  const layers = new Map<string, number>();
  while (layers.size < drafts.length) {
    for (const { id, needs } of drafts) {
      if (!layers.has(id) && needs.every((need) => layers.has(need))) {
        layers.set(id, Math.max(-1, ...needs.map((need) => layers.get(need)!)) + 1);
      }
    }
  }
  return layers;
}
