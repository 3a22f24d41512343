import type { StackEndpoints } from '../../ports/stack.js';
import { endpointsOf } from './endpoints.js';
import type { StackLayout } from './layout.js';
import type { SupervisorOptions } from './options.js';
import { PartKeeper } from './part-keeper.js';
import { makeCluster } from './postgres-cluster.js';
import { applicationUrl } from './postgres-roles.js';
import { postgresPart } from './postgres-server.js';
import { findTemporalCli } from './programs.js';
import { serverEnvironment } from './server-environment.js';
import type { StateBoard } from './state-board.js';
import { temporalPart } from './temporal-server.js';
import { workerPart } from './worker-part.js';

/** The processes under one supervisor: the embedded servers side by side, then the worker that uses them. */
export class EmbeddedParts {
  private readonly keepers: PartKeeper[] = [];
  private worker: PartKeeper | null = null;
  private databaseUrl: (port: number) => string = () => '';

  constructor(
    private readonly layout: StackLayout,
    private readonly options: SupervisorOptions,
    private readonly board: StateBoard,
  ) {}

  /** @throws RunError of the first that does not come up; the others may be running then, see `takeDown` */
  async bringUp(abandon: AbortSignal): Promise<void> {
    const { temporalAddress, databaseUrl } = this.options;
    await allOrFirstFailure(abandon, (signal) => [
      ...(temporalAddress === undefined ? [this.startTemporal(signal)] : []),
      ...(databaseUrl === undefined ? [this.startPostgres(signal)] : []),
    ]);
    const endpoints = this.endpoints();
    this.board.change({ endpoints });
    this.board.tell('preparing tables and search attributes');
    await this.options.prepare(endpoints);
    abandon.throwIfAborted();
    this.board.tell('starting the worker');
    this.worker = new PartKeeper(workerPart(this.layout, this.options), this.board.recordPart);
    await this.worker.start(abandon);
  }

  /** Ends everything: the worker first, which hands its runs back while the servers can still take them. */
  async takeDown(): Promise<void> {
    await this.worker?.stop();
    await Promise.all(this.keepers.map((keeper) => keeper.stop()));
  }

  private async startTemporal(abandon: AbortSignal): Promise<void> {
    const tell = (line: string) => this.board.tell(line);
    const program = await findTemporalCli(this.options, tell, abandon);
    this.board.tell('starting Temporal');
    await this.keep(
      temporalPart({ ...this.ports(), layout: this.layout, options: this.options, program }),
      abandon,
    );
  }

  private async startPostgres(abandon: AbortSignal): Promise<void> {
    this.board.tell('starting PostgreSQL');
    const environment = serverEnvironment(this.options.environment);
    const cluster = await makeCluster(this.layout.postgres, environment);
    this.databaseUrl = (port) => applicationUrl(cluster, port);
    await this.keep(postgresPart({ ...this.ports(), layout: this.layout, cluster, environment }), abandon);
  }

  private async keep(part: ConstructorParameters<typeof PartKeeper>[0], abandon: AbortSignal): Promise<void> {
    abandon.throwIfAborted();
    const keeper = new PartKeeper(part, this.board.recordPart);
    this.keepers.push(keeper);
    await keeper.start(abandon);
  }

  private ports() {
    return {
      ports: () => this.board.current.ports,
      keepPorts: (chosen: Readonly<Record<string, number>>) => {
        this.board.change({ ports: { ...this.board.current.ports, ...chosen } });
        this.publish();
      },
    };
  }

  /** A server that had to move to another port takes the worker with it. */
  private publish(): void {
    const before = this.board.current.endpoints;
    const endpoints = this.endpoints();
    if (before === null || JSON.stringify(before) === JSON.stringify(endpoints)) return;
    this.board.change({ endpoints });
    void this.worker?.renew();
  }

  private endpoints(): StackEndpoints {
    const { settings, ports } = this.board.current;
    return endpointsOf(settings, {
      temporalPort: ports['temporal'] ?? 0,
      temporalUiPort: ports['temporalUi'] ?? 0,
      databaseUrl: this.databaseUrl(ports['postgres'] ?? 0),
    });
  }
}

/** Waits for all; the first that fails makes the others give up, and is what is thrown. */
async function allOrFirstFailure(
  abandon: AbortSignal,
  begin: (abandon: AbortSignal) => Promise<void>[],
): Promise<void> {
  const failed = new AbortController();
  const all = begin(AbortSignal.any([abandon, failed.signal]));
  try {
    await Promise.all(all);
  } catch (error) {
    failed.abort();
    await Promise.allSettled(all);
    throw error;
  }
}
