import type { LoopRules, Text } from './definition.js';
import type { IssuePath } from './issue.js';
import type { IssueList } from './source-document.js';
import type { FieldsOf } from './yaml-schema.js';

type RuleFields = Omit<NonNullable<FieldsOf<'node'>['loop_group']>, 'nodes'>;

interface LoopPlace {
  readonly path: IssuePath;
  readonly label: string;
  /** The keys of which at least one must be there: else the loop could only fail. */
  readonly channels: readonly string[];
}

/** Reads what `loop` and `loop_group` have in common. */
export function readLoopRules(fields: RuleFields, place: LoopPlace, issues: IssueList): LoopRules {
  const isInteractive = fields.interactive === true;
  checkChannels(fields, place, issues);
  checkGate(fields, place, issues);
  const untilBash: Text | null =
    fields.until_bash === undefined ? null : { kind: 'inline', text: fields.until_bash };
  return {
    until: fields.until ?? null,
    untilBash,
    maxIterations: fields.max_iterations,
    freshContext: fields.fresh_context === true,
    isInteractive,
    gateMessage: fields.gate_message ?? null,
    signalCompletes: fields.signal_completes === true,
  };
}

function checkChannels(fields: RuleFields, { path, label, channels }: LoopPlace, issues: IssueList): void {
  if (channels.some((key) => Object.hasOwn(fields, key))) return;
  const [kind = ''] = path.slice(-1);
  const message = `the ${kind} of ${label} has nothing that ends it`;
  issues.error({ code: 'KEY_MISSING', path, message, hint: `add ${channels.join(' or ')}` });
}

function checkGate(fields: RuleFields, { path, label }: LoopPlace, issues: IssueList): void {
  if (fields.interactive === true) {
    if (fields.gate_message !== undefined) return;
    const message = `the interactive loop of ${label} has no 'gate_message'`;
    const hint = 'add what the person is asked: gate_message: "Good enough?"';
    issues.error({ code: 'KEY_MISSING', path: [...path, 'interactive'], message, hint });
    return;
  }
  for (const key of ['gate_message', 'signal_completes'] as const) {
    if (fields[key] === undefined) continue;
    const message = `'${key}' has no effect on a loop that is not interactive`;
    const hint = 'add interactive: true, or remove it';
    issues.warning({ code: 'KEY_IGNORED', path: [...path, key], message, hint, aim: 'key' });
  }
}
