import type { OpenRunInput } from '../src/contract/activities.js';
import { RunError } from '../src/core/errors.js';
import type { NodeFailure } from '../src/core/run/task.js';
import type { SourceFiles } from '../src/ports/run-files.js';

/**
 * Lays out the files that a run was started with.
 * @returns why it may not work without them; null: they are there, or it needs none
 * @throws RunError `DATABASE_UNREACHABLE`
 */
export async function laySource(
  sources: SourceFiles,
  artifactsDir: string,
  { source }: OpenRunInput['request'],
): Promise<NodeFailure | null> {
  if (source === undefined) return null;
  try {
    await sources.lay(artifactsDir, source);
    return null;
  } catch (error) {
    const isFinal = error instanceof RunError && error.code !== 'DATABASE_UNREACHABLE';
    if (isFinal) return { code: error.code, message: error.message };
    throw error;
  }
}
