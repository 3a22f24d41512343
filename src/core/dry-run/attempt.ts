import { RunError, type ErrorCode } from '../errors.js';
import { resolveBindings } from '../expression/bindings.js';
import type { Json } from '../json.js';
import type { Level } from '../run/level.js';
import { scopeFor } from '../run/scope-for.js';
import type { NodeFailure, NodeOutput } from '../run/task.js';
import { outputOf } from './output-of.js';
import { failureMessage, playValue, type Played, type StubValue } from './stub-value.js';
import { labelOf, resolvedText, type WorkNode } from './work.js';

/** Who does the work of nodes in a dry run. */
export interface Actors {
  /** What the language's `$NAMES` stand for, without `$`. */
  readonly variables: Readonly<Record<string, string>>;
  readonly stubFor: (node: WorkNode) => StubValue | undefined;
  /** Does the work of a node that has no stub; null: it does no such work. */
  readonly perform: (work: Work) => Promise<Performed | null>;
}

/** The work of a node, references filled in. */
export interface Work {
  readonly node: WorkNode;
  /** What would run, or be sent; null: it is not known here. */
  readonly text: string | null;
  /** Of the run that it is part of: its inputs, and what `$NAMES` stand for. */
  readonly inputs: Readonly<Record<string, string>>;
  readonly variables: Readonly<Record<string, string>>;
  /** What `with` gives to the node, by name. */
  readonly bindings: Readonly<Record<string, Json>>;
}

export interface Performed {
  readonly how: 'default stub' | 'executed';
  readonly played: Played;
}

/** What came of one attempt of a node. */
export interface Attempted {
  /** What would have run, or been sent; null: it is not known here. */
  readonly text: string | null;
  readonly how: 'stub' | Performed['how'] | 'no stub' | 'unresolved';
  readonly end:
    | { readonly kind: 'completed'; readonly output: NodeOutput }
    | { readonly kind: 'failed'; readonly failure: NodeFailure };
}

export async function attempt(node: WorkNode, level: Level, actors: Actors): Promise<Attempted> {
  const resolved = resolve(node, level, actors.variables);
  if ('code' in resolved)
    return { text: null, how: 'unresolved', end: { kind: 'failed', failure: resolved } };
  const { text } = resolved;
  const stub = actors.stubFor(node);
  if (stub !== undefined) return { text, how: 'stub', end: endOf(node, playValue(stub)) };
  const performed = await actors.perform(resolved);
  if (performed !== null) return { text, how: performed.how, end: endOf(node, performed.played) };
  const message = `there is no stub for node '${node.id}', which the run would reach`;
  return { text, how: 'no stub', end: { kind: 'failed', failure: { code: 'STUB_MISSING', message } } };
}

function resolve(node: WorkNode, level: Level, variables: Actors['variables']): Work | NodeFailure {
  try {
    const scope = scopeFor(level, node, variables);
    const bindings = resolveBindings(node.bindings ?? {}, scope);
    const { inputs } = runOf(level).state;
    return { node, text: resolvedText(node, scope), inputs, variables, bindings };
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    return { code: error.code, message: `${labelOf(node)} failed before execution: ${error.message}` };
  }
}

function runOf(level: Level): Level {
  return level.within === null ? level : runOf(level.within.level);
}

function endOf(node: WorkNode, played: Played): Attempted['end'] {
  const failed = (code: ErrorCode, message: string): Attempted['end'] => ({
    kind: 'failed',
    failure: { code, message },
  });
  if (played.kind === 'failed') return failed('NODE_FAILED', failureMessage(labelOf(node), played));
  try {
    return { kind: 'completed', output: outputOf(node, played.text) };
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    return failed(error.code, `${labelOf(node)} ${error.message}`);
  }
}
