import { randomUUID } from 'node:crypto';
import { copyFile, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RunError } from '../../core/errors.js';
import { isJsonObject, stableStringify, type Json } from '../../core/json.js';
import { artifactName, type Artifact } from '../../core/run/artifact.js';
import type { TextValue } from '../../core/run/task.js';
import type { Artifacts } from '../../ports/artifacts.js';
import type { Clock } from '../../ports/clock.js';

const FOLDER = 'nodes';

/** Keeps artifacts where Archon does: `nodes/<name>.md`, and `nodes/<name>.meta.json` beside it. */
export function makeArtifacts(clock: Clock): Artifacts {
  return {
    async keep({ runId, artifactsDir }, order, text) {
      const name = artifactName(order);
      const path = join(FOLDER, `${name}.md`);
      const producedAt = clock.now().toISOString();
      const artifact: Artifact = { ...order, path, runId, producedAt, size: sizeOf(text) };
      try {
        await write(artifactsDir, name, artifact, text);
        return artifact;
      } catch (error) {
        if (error instanceof RunError) throw error;
        throw new RunError(
          'ARTIFACT_UNWRITABLE',
          `its artifact cannot be written to ${join(artifactsDir, path)}: ${(error as Error).message}`,
        );
      }
    },
  };
}

async function write(directory: string, name: string, artifact: Artifact, text: TextValue): Promise<void> {
  await mkdir(join(directory, FOLDER), { recursive: true, mode: 0o700 });
  const meta = join(directory, FOLDER, `${name}.meta.json`);
  const description = JSON.stringify(artifact, null, 2);
  await claim(meta, description, artifact);
  await replace(join(directory, artifact.path), (draft) =>
    text.kind === 'file' ? copyFile(text.path, draft) : writeFile(draft, text.text, { mode: 0o600 }),
  );
  await replace(meta, (draft) => writeFile(draft, description, { mode: 0o600 }));
}

/** Takes the name, unless it is that of another node: then nothing of that one is touched. */
async function claim(meta: string, description: string, artifact: Artifact): Promise<void> {
  try {
    await writeFile(meta, description, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const owner = await readOwner(meta);
    if (owner === null || owner.identity === identityOf(artifact)) return;
    throw new RunError(
      'ARTIFACT_UNWRITABLE',
      `its artifact would have the name of that of node '${owner.nodeId}' (${meta}). Rename one of the two nodes: their ids differ only in characters that file names leave out`,
    );
  }
}

/** Whose artifact is there; null: what is there tells nothing, and may be replaced. */
async function readOwner(meta: string): Promise<{ nodeId: string; identity: string } | null> {
  try {
    const found: unknown = JSON.parse(await readFile(meta, 'utf8'));
    if (!isJsonObject(found) || typeof found['nodeId'] !== 'string') return null;
    return { nodeId: found['nodeId'], identity: identityOf(found) };
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function identityOf({ nodeId, loopGroupPath }: { nodeId?: unknown; loopGroupPath?: unknown }): string {
  return stableStringify([nodeId, loopGroupPath ?? null] as Json);
}

/** Whoever reads sees the old file or the new one, whole. */
async function replace(path: string, make: (draft: string) => Promise<void>): Promise<void> {
  const draft = `${path}.${randomUUID()}`;
  await make(draft);
  await rename(draft, path);
}

function sizeOf(text: TextValue): number {
  return text.kind === 'file' ? text.bytes : Buffer.byteLength(text.text);
}
