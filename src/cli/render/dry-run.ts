import type { DryRun, TraceEntry } from '../../core/dry-run/trace.js';
import type { JsonObject } from '../../core/json.js';
import { indented, oneLine } from './text.js';

/** `COMPLETED build (bash) — stub`, with what would have run and what came of it; then how it all ends. */
export function renderDryRun(dry: DryRun): string {
  return [
    ...dry.trace.flatMap(renderEntry),
    '',
    `Outcome: ${dry.outcome}`,
    ...listed('Missing stubs', dry.missingStubs),
    ...listed('Unused stubs', dry.unusedStubs),
    ...(dry.reason === null ? [] : [`Reason: ${oneLine(dry.reason, 2_000)}`]),
    ...(dry.summary === null ? [] : [`Summary: ${oneLine(dry.summary, 2_000)}`]),
  ].join('\n');
}

/** With the members, and in the order, that Archon's own has. */
export function dryRunJson({ workflow, outcome, trace, ...rest }: DryRun): JsonObject {
  const { missingStubs, unusedStubs, summary, reason } = rest;
  const entries = trace.map((entry) => ({ ...entry }));
  return { workflow, outcome, trace: entries, missingStubs, unusedStubs, summary, reason };
}

function renderEntry({ nodeId, nodeType, state, reason, iteration, item, ...texts }: TraceEntry): string[] {
  const loop = iteration === undefined ? '' : ` [iteration ${iteration}]`;
  const of = item === undefined ? '' : ` [item ${item}]`;
  const head = `${state.toUpperCase().padEnd(9)} ${oneLine(nodeId)} (${nodeType})${loop}${of} — ${oneLine(reason, 1_000)}`;
  return [head, ...block('resolved', texts.resolvedText), ...block('output', texts.output)];
}

/** One line beside its name, several below it. */
function block(name: string, text: string | undefined): string[] {
  if (text === undefined || text.trim() === '') return [];
  const plain = indented(text, '    ');
  return plain.includes('\n') ? [`  ${name}:`, plain] : [`  ${name}: ${plain.trim()}`];
}

function listed(title: string, names: readonly string[]): string[] {
  return names.length === 0 ? [] : [`${title}: ${names.map((name) => oneLine(name)).join(', ')}`];
}
