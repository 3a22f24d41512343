import { join, relative, sep } from 'node:path';
import type { ParsedWorkflow } from '../../core/definition/compile.js';
import type { DraftNode } from '../../core/definition/draft.js';
import { SCRIPT_FILE } from '../../core/definition/resource-name.js';
import { filesOfTwoLevels } from './folder-entries.js';
import type { PackageFolder } from './list-workflows.js';

/** Where the copy of a package's scripts lies in a run's captured source. */
export const packagedScripts = ({ name }: PackageFolder): string => `packages/${name}/scripts`;

/**
 * A packaged workflow whose named scripts know their files, for those that the package has: where it is included,
 * nobody could tell any more whose they are.
 */
export async function placePackagedScripts(
  parsed: ParsedWorkflow,
  pack: PackageFolder | null,
): Promise<ParsedWorkflow> {
  if (pack === null || parsed.draft === null) return parsed;
  const folder = join(pack.folder, 'scripts');
  const files = await filesOfTwoLevels(folder, SCRIPT_FILE);
  const places = new Map<string, string | null>();
  for (const { file, basename } of files) {
    const name = basename.replace(SCRIPT_FILE, '');
    const path = relative(folder, file).split(sep).join('/');
    // Which of two is meant nobody knows.
    places.set(name, places.has(name) ? null : `${packagedScripts(pack)}/${path}`);
  }
  return { ...parsed, draft: { ...parsed.draft, nodes: placed(parsed.draft.nodes, places) } };
}

function placed(
  nodes: readonly DraftNode[],
  places: ReadonlyMap<string, string | null>,
): readonly DraftNode[] {
  return nodes.map((node) => {
    const { body } = node;
    if (body?.kind === 'loop_group') return { ...node, body: { ...body, body: placed(body.body, places) } };
    if (body?.kind !== 'script' || body.source.kind === 'inline') return node;
    const file = places.get(body.source.name) ?? null;
    return file === null ? node : { ...node, body: { ...body, source: { ...body.source, file } } };
  });
}
