import type { Binding } from '../definition/definition.js';
import { RunError } from '../errors.js';
import type { Json } from '../json.js';
import type { FieldValue, Scope } from '../run/task.js';
import { findReferences, formatReference, type Reference } from './reference.js';
import { resolveReference, wasSkipped } from './scope.js';
import { substitute } from './substitute.js';

export type Bindings = Readonly<Record<string, Binding>>;

/** What the values of bindings refer to, in order. Texts of these that lie in files are loaded first. */
export function bindingReferences(bindings: Bindings): readonly Reference[] {
  return Object.values(bindings).flatMap((binding) => {
    if (binding.kind === 'reference') return [binding.reference];
    return binding.kind === 'template' ? findReferences(binding.text).map(({ reference }) => reference) : [];
  });
}

/**
 * The value of each binding, by name.
 * @throws RunError `REFERENCE_UNRESOLVED` naming the binding · `INTERNAL` a value is still in its file
 */
export function resolveBindings(bindings: Bindings, scope: Scope): Readonly<Record<string, Json>> {
  return Object.fromEntries(
    Object.entries(bindings).map(([name, binding]) => [name, resolveNamed(name, binding, scope)]),
  );
}

function resolveNamed(name: string, binding: Binding, scope: Scope): Json {
  try {
    return resolveBinding(binding, scope);
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    throw new RunError(error.code, `its input '${name}': ${error.message}`, error.details, { cause: error });
  }
}

/**
 * The value that a binding stands for: a literal is itself, a template becomes text, and one reference alone
 * keeps the type of what it refers to. What was skipped has no value, unless the binding brings one.
 * @throws RunError `REFERENCE_UNRESOLVED` · `INTERNAL` a value is still in its file
 */
export function resolveBinding(binding: Binding, scope: Scope): Json {
  switch (binding.kind) {
    case 'literal':
      return binding.value;
    case 'template':
      return substitute(binding.text, 'prompt', scope);
    case 'reference':
      return wasSkipped(binding.reference, scope)
        ? valueIfSkipped(binding)
        : valueOf(binding.reference, scope);
  }
}

function valueIfSkipped({ reference, ifSkipped }: Extract<Binding, { kind: 'reference' }>): Json {
  if (ifSkipped !== undefined) return ifSkipped;
  throw new RunError(
    'REFERENCE_UNRESOLVED',
    `'${formatReference(reference)}' has no value: its node was skipped. Say with if_skipped what is to stand for it then`,
  );
}

function valueOf(reference: Reference, scope: Scope): Json {
  const resolution = resolveReference(reference, scope);
  if (resolution.kind === 'value') return typed(resolution.value);
  throw new RunError('REFERENCE_UNRESOLVED', resolution.message);
}

function typed({ type, text }: FieldValue): Json {
  if (text.kind === 'file') throw new RunError('INTERNAL', `${text.path} must be read before it is bound`);
  return type === 'string' ? text.text : (JSON.parse(text.text) as Json);
}
