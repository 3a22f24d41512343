import { setTimeout as wait } from 'node:timers/promises';
import type { RunId } from '../../src/core/ids.js';
import { patiently } from './patiently.js';
import { judge } from './checkers/judge.js';
import { monotonic } from './clock.js';
import type { Evidence, Violation } from './evidence.js';
import { gather, lookAtRemains, watchRows } from './gather.js';
import { inflict } from './inflict.js';
import { startLaunchers } from './launchers.js';
import { planFrom } from './plan.js';
import { randomFrom } from './random.js';
import { raiseScene, type Scene } from './scene.js';
import type { Witnessed } from './witnesses.js';

export interface ChaosOptions {
  readonly seed: number;
  readonly seconds: number;
  readonly paths: number;
  readonly launchersPerPath: number;
}

export interface ChaosResult {
  readonly violations: readonly Violation[];
  readonly evidence: Evidence;
  /** How often what was broken. */
  readonly faults: ReadonlyMap<string, number>;
  /** At which containment levels runs were at work. */
  readonly levels: readonly string[];
  /** Where the evidence lies; the caller removes it, or keeps it. */
  readonly scene: Scene;
}

const ENDS_WITHIN_MS = 90_000;

/** Breaks things for a while under runs that want the same paths, and judges what the witnesses have seen. */
export async function performChaos(options: ChaosOptions): Promise<ChaosResult> {
  const { paths } = options;
  const scene = await raiseScene({ paths, temporalConfig: ['limit.historyCount.suggestContinueAsNew=40'] });
  try {
    await watchRows(scene);
    const faults = await breakThings(scene, options);
    scene.tell('all is mended; what still runs is asked to end');
    await endAllRuns(scene);
    const endedAt = monotonic();
    const remains = await lookAtRemains(scene);
    await scene.dismiss();
    const levels = await levelsOf(scene);
    const evidence = await gather(scene, remains, endedAt);
    return { violations: judge(evidence), evidence, faults, levels, scene };
  } finally {
    await scene.close();
  }
}

async function levelsOf({ database }: Witnessed): Promise<readonly string[]> {
  const { rows } = await database.query<{ level: string | null }>(
    `SELECT DISTINCT metadata->>'containment_level' AS level FROM remote_agent_workflow_runs ORDER BY 1`,
  );
  return rows.flatMap(({ level }) => level ?? []);
}

async function breakThings(
  scene: Scene,
  { seed, seconds, paths, launchersPerPath }: ChaosOptions,
): Promise<ReadonlyMap<string, number>> {
  const { cli } = scene;
  const random = randomFrom(seed);
  const launchers = startLaunchers(scene, { perPath: launchersPerPath, cli, pauseMs: 800, random });
  const end = new AbortController();
  const breaking = inflict(scene, planFrom(seed, paths), end.signal);
  try {
    await wait(seconds * 1000);
    end.abort();
    return await breaking;
  } finally {
    await launchers.stop();
  }
}

/** Asks every open run to end, and waits; one that does not is a finding of the checkers. */
export async function endAllRuns(scene: Witnessed): Promise<void> {
  await patiently(async () => {
    let open = 0;
    for await (const { memo } of scene.client.workflow.list({
      query: `WorkflowType = 'run' AND ExecutionStatus = 'Running'`,
    })) {
      open += 1;
      const runId = String(memo?.['runId']) as RunId;
      await scene.orchestrator.cancel(runId, { by: 'chaos', reason: 'it is over' }).catch(() => undefined);
    }
    if (open > 0) throw new Error(`${open} runs are still open`);
  }, ENDS_WITHIN_MS).catch((error: unknown) => scene.tell(String(error)));
}
