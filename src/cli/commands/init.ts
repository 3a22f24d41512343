import { relative } from 'node:path';
import { FIRST_WORKFLOW, initProject } from '../../client/init-project.js';
import { jsonSchema } from '../../core/definition/yaml-schema.js';
import type { Command } from '../context.js';
import { placeOf, type PlaceOptions } from './place.js';

/** Writes a first workflow to begin with; where there is one, brings the schema for editors up to date. */
export function init(args: PlaceOptions): Command {
  return async ({ services, caller }) => {
    const root = await services.workingPath(placeOf(caller, args));
    const editor = { version: caller.version, schema: jsonSchema() };
    const { workflow, schema, isRefreshed } = await initProject(root, editor);
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
