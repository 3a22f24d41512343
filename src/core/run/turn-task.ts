import type { AgentSettings, Text } from '../definition/definition.js';
import { mapSettings } from '../definition/draft-texts.js';
import { resolveBindings } from '../expression/bindings.js';
import { toText } from '../expression/output.js';
import { substitute } from '../expression/substitute.js';
import type { Artifact } from './artifact.js';
import type { TurnSession } from './session.js';
import type { NodeFailure, NodeOutput, Scope, TextValue, WorkTask } from './task.js';

/** One turn of an agent. It has no hard limit: `idleTimeoutMs` is how long the agent may be silent. */
export interface TurnTask extends WorkTask {
  /** As written; `writeOutTurn` fills it in. */
  readonly prompt: Text;
  /** `provider`, `model`, `effort`, tools and the rest, as the node has them: texts are filled in likewise. */
  readonly settings: AgentSettings;
  readonly idleTimeoutMs: number;
  readonly session: TurnSession;
  /** Of the loop around it, from 1; null: it is in none. */
  readonly iteration: number | null;
  /** `$LOOP_PREV_OUTPUT` where it is too long for `environment`, which has its beginning. */
  readonly previousOutput?: TextValue;
}

/** How a turn ended, as data. */
export type TurnResult =
  | {
      readonly kind: 'completed';
      /** All that the agent said, or the JSON that it was to answer with (`outputFormat`). */
      readonly output: NodeOutput;
      /** By which a later turn can go on with the conversation; absent: none can. */
      readonly session?: string;
      readonly durationMs: number;
      /** The artifact that the task asked for. */
      readonly artifact?: Artifact;
    }
  | { readonly kind: 'failed'; readonly failure: NodeFailure; readonly durationMs: number };

/** What an agent is told. */
export interface WrittenTurn {
  readonly prompt: string;
  readonly settings: AgentSettings;
}

/**
 * The texts of a turn with everything filled in, in a single pass: what a value says is never looked at again.
 * @param prompt the task's, which may have been stored apart
 * @param scope the task's, with every text in memory
 * @param previousOutput the task's, in memory
 * @throws RunError `REFERENCE_UNRESOLVED`
 */
export function writeOutTurn(
  { settings, environment, bindings = {} }: Pick<TurnTask, 'settings' | 'environment' | 'bindings'>,
  prompt: string,
  { scope, previousOutput }: { readonly scope: Scope; readonly previousOutput?: string },
): WrittenTurn {
  const previous = previousOutput === undefined ? {} : { LOOP_PREV_OUTPUT: previousOutput };
  const known: Scope = { ...scope, variables: { ...environment, ...previous, ...scope.variables } };
  const bound = Object.entries(resolveBindings(bindings, known)).map(([name, value]) => [
    name,
    toText(value),
  ]);
  const seen: Scope = {
    ...known,
    inputs: { ...known.inputs, ...(Object.fromEntries(bound) as Scope['inputs']) },
  };
  return {
    prompt: substitute(prompt, 'prompt', seen),
    settings: mapSettings(settings, ({ text }) => substitute(text, 'prompt', seen)),
  };
}
