import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LeftFile } from '../../core/isolation/continuation.js';

/** The Markdown files among the artifacts of a run, its nodes' after its own; none where they cannot be read. */
export async function leftFiles(outputRoot: string | null, runId: string): Promise<readonly LeftFile[]> {
  if (outputRoot === null) return [];
  const artifacts = join(outputRoot, 'artifacts', 'runs', runId);
  const files = [...(await filesIn(artifacts, '')), ...(await filesIn(artifacts, 'nodes'))];
  return files.filter(({ text }) => text.trim() !== '');
}

async function filesIn(artifacts: string, folder: string): Promise<readonly LeftFile[]> {
  const entries = await readdir(join(artifacts, folder), { withFileTypes: true }).catch(() => []);
  const names = entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.md'))
    .map(({ name }) => name);
  return Promise.all(
    names.sort().map(async (name) => ({
      name: join(folder, name),
      text: await readFile(join(artifacts, folder, name), 'utf8').catch(() => ''),
    })),
  );
}
