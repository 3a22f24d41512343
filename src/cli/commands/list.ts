import type { FoundWorkflow } from '../../client/orchestrator.js';
import type { Command } from '../context.js';
import { brokenJson, renderBroken, issueJson } from '../render/issues.js';
import { oneLine, plural, table } from '../render/text.js';
import { placeOf, type PlaceOptions } from './place.js';

/** The workflows that can be run here. */
export function list(args: PlaceOptions): Command {
  return async ({ services, caller }) => {
    const { discovery } = await services.catalogue(placeOf(caller, args));
    const { root, workflows, errors } = discovery;
    const rows = workflows.map((one) => [oneLine(one.name), about(one)]);
    return {
      exitCode: 0,
      json: {
        root,
        workflows: workflows.map(({ name, description, tags, inputs, file, scope, warnings }) => ({
          name,
          description,
          tags: [...tags],
          inputs: inputs.map((input) => ({ ...input })),
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

/** `Ships what is built [release, ops]` */
function about({ description, tags }: FoundWorkflow): string {
  const shown = oneLine(description, 100);
  return tags.length === 0 ? shown : `${shown} [${oneLine(tags.join(', '), 60)}]`;
}
