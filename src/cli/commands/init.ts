import { basename, relative } from 'node:path';
import type { Discovery } from '../../client/orchestrator.js';
import { FIRST_WORKFLOW, initProject } from '../../client/init-project.js';
import { jsonSchema } from '../../core/definition/yaml-schema.js';
import type { Command } from '../context.js';
import { placeOf, type PlaceOptions } from './place.js';

/** Writes a first workflow to begin with; where there is one, brings the schema for editors up to date. */
export function init(args: PlaceOptions): Command {
  return async ({ services, caller }) => {
    const { discovery } = await services.catalogue(placeOf(caller, args));
    const { root } = discovery;
    const editor = { version: caller.version, schema: jsonSchema() };
    const { workflow, schema, isRefreshed } = await initProject(root, editor, namesakeIn(discovery));
    const file = relative(caller.directory, workflow);
    const text = isRefreshed
      ? [
          `brought ${relative(caller.directory, schema)} up to date, by which your editor checks workflows`,
          `  ${file} was there already, and was left as it is`,
        ]
      : [
          `wrote ${file}, and beside its folder the schema for your editor`,
          `  read     ${file}`,
          '  check    signalbox validate',
          `  run      signalbox run ${FIRST_WORKFLOW} "whatever you want to say"`,
        ];
    return {
      exitCode: 0,
      json: { root, workflow, schema, name: FIRST_WORKFLOW, refreshed: isRefreshed },
      text: text.join('\n'),
    };
  };
}

/** A workflow that the first one would not replace, but be in conflict with. */
function namesakeIn({ workflows }: Discovery): string | null {
  const found = workflows.find(({ name }) => name === FIRST_WORKFLOW);
  if (found === undefined) return null;
  const isReplaced = found.scope !== 'project' && basename(found.file) === `${FIRST_WORKFLOW}.yaml`;
  return isReplaced ? null : found.file;
}
