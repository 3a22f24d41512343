import { findReferences } from '../expression/reference.js';
import type { DraftNode } from './draft.js';
import { textsOf } from './draft-texts.js';

/** Inputs that scripts and messages of these nodes, those of bodies included, refer to: there they stay plain text. */
export function unreplacedInputs(nodes: readonly DraftNode[]): ReadonlySet<string> {
  return new Set(nodes.flatMap(namesIn));
}

function namesIn(node: DraftNode): readonly string[] {
  const texts = textsOf(node).filter(({ surface }) => surface !== 'prompt');
  const names = texts
    .flatMap(({ text }) => findReferences(text))
    .flatMap(({ reference }) => (reference.kind === 'input' ? [reference.name] : []));
  return node.body?.kind === 'loop_group' ? [...names, ...node.body.body.flatMap(namesIn)] : names;
}
