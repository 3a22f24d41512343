import { mkdirSync, readFileSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { installOnce, type Installation } from './install-once.js';
import { runLong } from './long-command.js';
import { packageRoot } from './package-root.js';
import { requireOnPath } from './program-path.js';

const MODULE = 'github.com/temporalio/cli';

/** The version that `tools/temporal-cli/go.mod` pins. */
export function temporalCliVersion(): string {
  const text = readFileSync(join(toolDirectory(), 'go.mod'), 'utf8');
  const version = new RegExp(`^require ${MODULE} v(\\S+)$`, 'm').exec(text)?.[1];
  if (version === undefined) throw new Error(`${toolDirectory()}/go.mod does not require ${MODULE}`);
  return version;
}

/**
 * Builds the pinned Temporal command line with Go; minutes at first, with Go's own cache seconds.
 * @returns `target`. @throws Error with the reason, in one line
 */
export async function buildTemporalCli(target: string, by: Installation): Promise<string> {
  const { environment, home } = by.options;
  const go = requireOnPath('go', environment);
  mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
  await installOnce(target, by, async () => {
    const draft = `${target}.draft`;
    const version = `-X ${MODULE}/internal/temporalcli.Version=${temporalCliVersion()}`;
    by.progress(`building Temporal ${temporalCliVersion()} with ${go}; this takes minutes, once`);
    await runLong(
      {
        title: 'building Temporal',
        argv: [
          go,
          'build',
          '-trimpath',
          '-ldflags',
          `-s -w ${version}`,
          '-o',
          draft,
          `${MODULE}/cmd/temporal`,
        ],
        directory: toolDirectory(),
        // Go keeps its caches in the home of whoever calls it; without one, in ours.
        environment: { ...environment, HOME: environment['HOME'] ?? home, GOWORK: 'off' },
      },
      by.progress,
      by.abandon,
    );
    renameSync(draft, target);
  });
  return target;
}

function toolDirectory(): string {
  return join(packageRoot(), 'tools', 'temporal-cli');
}
