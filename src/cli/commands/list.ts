import type { Command } from '../context.js';
import { brokenJson, renderBroken, issueJson } from '../render/issues.js';
import { oneLine, plural, table } from '../render/text.js';
import { placeOf, type PlaceOptions } from './place.js';

/** The workflows that can be run here. */
export function list(args: PlaceOptions): Command {
  return async ({ services, caller }) => {
    const { discovery } = await services.catalogue(placeOf(caller, args));
    const { root, workflows, errors } = discovery;
    const rows = workflows.map((one) => [oneLine(one.name), oneLine(one.description, 100)]);
    return {
      exitCode: 0,
      json: {
        root,
        workflows: workflows.map(({ name, description, file, scope, warnings }) => ({
          name,
          description,
          file,
          scope,
          warnings: warnings.map(issueJson),
        })),
        errors: errors.map(brokenJson),
      },
      text: rows.length === 0 ? `no workflows in ${root}/.archon/workflows` : table(rows),
      errorText:
        errors.length === 0
          ? ''
          : `${plural(errors.length, 'file')} cannot be used:\n${errors.map(renderBroken).join('\n')}`,
    };
  };
}
