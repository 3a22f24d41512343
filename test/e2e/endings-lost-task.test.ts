import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { patiently } from '../chaos/patiently.js';
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
      const options = {
        workflow: 'held',
        workingPath: endings.path,
        message: `lost-${delayMs}`,
        graceMs: 100,
      };
      const started = await patiently(async () => {
        const answer = await endings.orchestrator.start(options);
        if (answer.kind !== 'started') throw new Error(JSON.stringify(answer));
        return answer;
      }, 10 * SECONDS);
      await wait(delayMs);
      endings.setWire('deaf');
      await wait(300);
      endings.setWire('open');
      // What got lost may be a task of the workflow: then nobody answers until Temporal gives it out anew.
      await patiently(async () => {
        const { stderr } = await endings.cli.run(['cancel', started.runId]);
        expect((await endings.row(started.runId))?.status, stderr).toBe('cancelled');
      }, 60 * SECONDS);
    }
  },
  600 * SECONDS,
);
