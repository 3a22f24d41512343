import { bundledFolder } from '../../adapters/files/bundled-folder.js';
import { resolveWorkingPath } from '../../client/resolve-working-path.js';
import type { Config } from '../../config/config.js';
import type { Progress, Stack } from '../../ports/stack.js';
import type { CliServices, Place } from '../context.js';
import type { Servers } from './servers.js';

/** What the services are made with. */
export interface Making {
  readonly version: string;
  /** Tells a waiting person what is being done. */
  readonly tell: Progress;
}

/** The real services. Each loads what it needs when it is called, and connects when it first speaks. */
export function makeServices(config: Config, { version, tell }: Making): CliServices {
  const stack = once(() => makeStack(config, version));
  const servers = once(async () => connect(config, await stack(), tell));
  const workingPath = (place: Place) => resolveWorkingPath(place.directory, { isFolder: place.isFolder });
  return {
    workingPath,
    catalogue: async (place) => {
      const [root, { discover }] = await Promise.all([
        workingPath(place),
        import('../../client/discover.js'),
      ]);
      return discover({ root, archonHome: config.archonHome, bundled: bundledFolder() });
    },
    stack,
    orchestrator: once(async () => {
      const [{ temporal, database }, { createOrchestrator }] = await Promise.all([
        servers(),
        import('../../index.js'),
      ]);
      return createOrchestrator({ temporal, database });
    }),
    worktrees: once(async () => (await import('./worktrees.js')).makeTidy(config, await servers())),
    repository: async (place) => {
      const { makeRepositories } = await import('../../adapters/files/repositories.js');
      return (await makeRepositories().find(await workingPath(place), null))?.directory ?? null;
    },
    locks: once(async () => (await import('./locks.js')).makeLocks(config, await servers())),
    setup: async () => (await import('./setup.js')).setup(config, await (await stack()).ensure(tell)),
    examine: async (onFinding) =>
      (await import('./examine.js')).examine({ config, stack: await stack(), onFinding }),
    runWorker: async () => (await import('./run-worker.js')).runOwnWorker(config, await stack(), tell),
    superviseStack: async () => (await import('./supervise.js')).supervise(config, version),
  };
}

function once<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let made: Promise<Value> | null = null;
  return () => (made ??= make());
}

async function makeStack(config: Config, version: string): Promise<Stack> {
  const [{ createStack }, { stackOptions }] = await Promise.all([
    import('../../adapters/stack/stack.js'),
    import('./stack-options.js'),
  ]);
  return createStack(await stackOptions(config, version));
}

async function connect(config: Config, stack: Stack, tell: Progress): Promise<Servers> {
  const bringing = stack.ensure(tell);
  const [endpoints, { makePool, requireTables }, { temporalClient }] = await Promise.all([
    bringing,
    import('../../adapters/postgres/index.js'),
    import('./temporal.js'),
    // Loaded while the stack comes up: whoever connects needs it.
    import('../../index.js'),
  ]);
  const database = makePool(endpoints.database.url, { max: 4, allowExitOnIdle: true });
  const [temporal] = await Promise.all([temporalClient(config, endpoints), requireTables(database)]);
  return { temporal, database, temporalAddress: endpoints.temporal.address };
}
