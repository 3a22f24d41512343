import type { CommandTexts } from '../../core/definition/compile.js';
import type { DraftNode } from '../../core/definition/draft.js';
import type { ProjectConfig } from '../../core/project-config/project-config.js';
import { makeCommandFinder } from './find-command.js';
import type { ParsedFile } from './parse-files.js';
import type { Scopes } from './scopes.js';

/** The nodes of a file, those in bodies included. */
export function nodesOf({ parsed: { draft } }: Pick<ParsedFile, 'parsed'>): readonly DraftNode[] {
  return draft === null ? [] : allOf(draft.nodes);
}

function allOf(nodes: readonly DraftNode[]): readonly DraftNode[] {
  return nodes.flatMap((node) =>
    node.body?.kind === 'loop_group' ? [node, ...allOf(node.body.body)] : [node],
  );
}

/** Name of the command that gives a node its prompt; null: none does. */
export function commandOf({ body }: DraftNode): string | null {
  const prompt = body?.kind === 'agent' || body?.kind === 'loop' ? body.prompt : null;
  return prompt?.kind === 'command' ? prompt.name : null;
}

/** The texts of the commands of all workflows that others include: there, they have to be known beforehand. */
export async function includedCommands(
  scopes: Scopes,
  config: ProjectConfig,
  files: readonly ParsedFile[],
): Promise<CommandTexts> {
  const targets = new Set(files.flatMap((file) => nodesOf(file).flatMap(({ body }) => targetOf(body))));
  const texts = new Map<string, string>();
  const included = files.filter(({ parsed }) => parsed.name !== null && targets.has(parsed.name));
  await Promise.all(
    included.map(async (one) => {
      const { file, package: pack } = one.file;
      const finder = makeCommandFinder({ scopes, config, package: pack?.folder ?? null });
      for (const name of new Set(nodesOf(one).map(commandOf))) {
        const reading = name === null ? null : await finder.find(name);
        if (reading?.kind === 'found') texts.set(`${file}\0${name}`, reading.text);
      }
    }),
  );
  return (name, file) => texts.get(`${file}\0${name}`) ?? null;
}

const targetOf = (body: DraftNode['body']): readonly string[] =>
  body?.kind === 'include' ? [body.target] : [];
