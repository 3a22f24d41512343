import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { logFile, type StackLayout } from './layout.js';
import type { Environment } from './options.js';
import type { Part } from './part.js';
import { startProcess } from './part-process.js';
import { onFreePorts } from './ports.js';
import type { PostgresCluster } from './postgres-cluster.js';
import { rolesAreReady } from './postgres-roles.js';
import { readIfThere } from './private-file.js';
import { untilItServes } from './serve.js';

/** Long, for it replays its log after a kill before it serves. */
const SERVES_WITHIN_MS = 120_000;

export interface PostgresServer {
  readonly layout: StackLayout;
  readonly cluster: PostgresCluster;
  readonly environment: Environment;
  readonly ports: () => Readonly<Record<string, number>>;
  readonly keepPorts: (ports: { readonly postgres: number }) => void;
}

export function postgresPart(server: PostgresServer): Part {
  const { cluster } = server;
  return {
    name: 'postgres',
    launch: (started, abandon) =>
      onFreePorts([server.ports()['postgres']], async ([port = 0]) => {
        disownPidFile(cluster.data);
        const process = await startProcess(
          {
            title: 'PostgreSQL',
            argv: [cluster.programs.postgres, '-D', cluster.data, '-p', String(port)],
            environment: server.environment,
            directory: cluster.base,
            logFile: logFile(server.layout, 'postgres'),
            account: cluster.account,
          },
          started,
        );
        const serves = () => rolesAreReady(cluster, port);
        await untilItServes(process, { serves, withinMs: SERVES_WITHIN_MS, abandon });
        server.keepPorts({ postgres: port });
        return { process, address: `127.0.0.1:${port}` };
      }),
  };
}

/**
 * After a kill, `postmaster.pid` names a pid that may belong to anyone by now, and PostgreSQL would then refuse to
 * start. No server of ours lives at this point. The file stays, since its shared-memory line lets PostgreSQL wait
 * for what a killed server left behind; only its pid becomes that of PostgreSQL's own parent, which it ignores.
 */
function disownPidFile(data: string): void {
  const file = join(data, 'postmaster.pid');
  const text = readIfThere(file);
  if (text !== null) writeFileSync(file, text.replace(/^-?\d+/, String(process.pid)));
}
