import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { raiseEndings, SECONDS, type Endings } from './endings.js';

let endings: Endings;

beforeAll(async () => {
  endings = await raiseEndings();
}, 300 * SECONDS);

afterAll(async () => {
  await endings.close();
  endings.remove();
}, 120 * SECONDS);

/** At which point of its beginning the answers to a run get lost, in milliseconds after its start. */
const DELAYS = [10, 25, 40, 55, 70];

it(
  'a node whose task gets lost on its way to the worker lets its run be cancelled soon',
  async () => {
    for (const delayMs of DELAYS) {
      const started = await endings.orchestrator.start({
        workflow: 'held',
        workingPath: endings.path,
        message: `lost-${delayMs}`,
        graceMs: 100,
      });
      if (started.kind !== 'started') throw new Error(JSON.stringify(started));
      await wait(delayMs);
      endings.setWire('deaf');
      await wait(300);
      endings.setWire('open');
      const cancelled = await endings.cli.run(['cancel', started.runId]);
      expect(cancelled.exitCode, cancelled.stderr).toBe(0);
      await endings.becomes(started.runId, 'cancelled', 60 * SECONDS);
    }
  },
  600 * SECONDS,
);
