import type { Catalogue } from '../../client/discover.js';
import { fileIssue } from '../../client/source/file-issue.js';
import { makeCommandFinder } from '../../client/source/find-command.js';
import { DEFAULT_CONFIG } from '../../client/source/read-project-config.js';
import { RunError } from '../../core/errors.js';
import { nearestName } from '../../core/nearest-name.js';
import type { Command } from '../context.js';
import { placeOf } from './place.js';
import { configIssues, type ValidateArguments } from './validate.js';
import { validation, type Verdict } from './validation.js';

/** Checks command files: that each can be read and says something. */
export function validateCommands(args: ValidateArguments): Command {
  return async ({ services, caller }) => {
    const catalogue = await services.catalogue(placeOf(caller, args));
    const verdicts = await verdictsOn(catalogue, args.name);
    return validation({ what: 'command', verdicts, config: configIssues(catalogue) });
  };
}

async function verdictsOn(
  { scopes, config }: Catalogue,
  wanted: string | undefined,
): Promise<readonly Verdict[]> {
  const finder = makeCommandFinder({
    scopes,
    config: config.kind === 'read' ? config.config : DEFAULT_CONFIG,
    package: null,
  });
  const files = await finder.list();
  const chosen = files.filter(({ name }) => wanted === undefined || name === wanted);
  if (wanted !== undefined && chosen.length === 0) {
    throw notFound(
      wanted,
      files.map(({ name }) => name),
    );
  }
  return Promise.all(
    chosen.map(async ({ name, file }) => {
      const reading = await finder.find(name);
      const message = reading.kind === 'refused' ? `the command '${name}' ${reading.problem}` : null;
      const hint = 'write what the agent is to do';
      const issues =
        message === null ? [] : [fileIssue(file, { code: 'COMMAND_NOT_FOUND', path: [], message, hint })];
      return { name, file, issues, parsed: null };
    }),
  );
}

function notFound(name: string, known: readonly string[]): RunError {
  const nearest = nearestName(name, known);
  const hint = nearest === null ? '.' : `; did you mean ${nearest}?`;
  const list = known.length === 0 ? 'There are none' : `There are: ${known.join(', ')}`;
  return new RunError('USAGE', `no command is named ${JSON.stringify(name)}${hint} ${list}`, {
    known,
  });
}
