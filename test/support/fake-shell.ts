import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { INLINE_LIMIT_BYTES, readFields } from '../../src/core/expression/output.js';
import type { AttemptResult, FieldValue, ShellTask, TextValue } from '../../src/core/run/task.js';
import type { Shell } from '../../src/ports/shell.js';

/** What a node does under a fake shell. */
export type FakeNode =
  | { readonly says: string; readonly stderr?: string }
  | { readonly fails: number; readonly stderr?: string }
  | { readonly waits: true };

export interface FakeShell extends Shell {
  /** Every attempt that was asked for, in order. */
  readonly tasks: readonly ShellTask[];
}

/** A shell without processes. @param play what the node of a task does */
export function makeFakeShell(play: (task: ShellTask) => FakeNode): FakeShell {
  const tasks: ShellTask[] = [];
  return {
    tasks,
    async run(task, signal) {
      signal.throwIfAborted();
      tasks.push(task);
      const node = play(task);
      if ('waits' in node) return waitOut(task, signal);
      const stderr = node.stderr?.trim() ?? '';
      if ('fails' in node) {
        const message = `Bash node '${task.nodeId}' failed [exit ${node.fails}]: ${stderr || 'no diagnostic output'}`;
        return { kind: 'failed', failure: { code: 'NODE_FAILED', message }, durationMs: 1 };
      }
      const text = node.says.replace(/\n$/, '');
      const output = { text: toTextValue(task, text), fields: toFields(text, task.fieldsRead) };
      return { kind: 'completed', output, stderr, durationMs: 1 };
    },
  };
}

async function waitOut(task: ShellTask, signal: AbortSignal): Promise<AttemptResult> {
  await wait(task.timeoutMs, undefined, { signal }).catch(() => signal.throwIfAborted());
  const message = `Bash node '${task.nodeId}' timed out after ${task.timeoutMs}ms`;
  return { kind: 'failed', failure: { code: 'NODE_TIMED_OUT', message }, durationMs: task.timeoutMs };
}

function toTextValue(task: ShellTask, text: string): TextValue {
  const bytes = Buffer.byteLength(text);
  if (bytes <= INLINE_LIMIT_BYTES) return { kind: 'inline', text };
  const path = join(task.artifactsDir, `${task.attemptId}.output`);
  writeFileSync(path, text);
  const sha256 = createHash('sha256').update(text).digest('hex');
  return { kind: 'file', path, bytes, sha256, excerpt: text.slice(0, 2_000) };
}

function toFields(text: string, names: readonly string[]): Record<string, FieldValue> | null {
  const fields = readFields(text, names);
  if (fields === null) return null;
  return Object.fromEntries(
    fields.map(({ name, type, text: value }) => [name, { type, text: { kind: 'inline', text: value } }]),
  );
}
