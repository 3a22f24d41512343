import { relative } from 'node:path';
import { FIRST_WORKFLOW, initProject } from '../../client/init-project.js';
import { jsonSchema } from '../../core/definition/yaml-schema.js';
import type { Command } from '../context.js';
import { placeOf, type PlaceOptions } from './place.js';

/** Writes a first workflow to begin with. */
export function init(args: PlaceOptions): Command {
  return async ({ services, caller }) => {
    const root = await services.workingPath(placeOf(caller, args));
    const { workflow, schema } = await initProject(root, jsonSchema());
    const file = relative(caller.directory, workflow);
    return {
      exitCode: 0,
      json: { root, workflow, schema, name: FIRST_WORKFLOW },
      text: [
        `wrote ${file}, and beside its folder the schema for your editor`,
        `  read     ${file}`,
        '  check    signalbox validate',
        `  run      signalbox run ${FIRST_WORKFLOW} "whatever you want to say"`,
      ].join('\n'),
    };
  };
}
