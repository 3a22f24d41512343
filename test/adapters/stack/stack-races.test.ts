import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { stackBench, type StackBench } from '../../support/stack-bench.js';
import { ALL_DATA, findData, leaveData } from '../../support/stack-data.js';

const quiet = () => undefined;

describe('processes that race', () => {
  let bench: StackBench;
  beforeEach(() => void (bench = stackBench()));
  afterEach(() => bench.close());

  const supervisors = () => bench.processes().length;

  test('to bring a stack up get one stack', async () => {
    const answers = await Promise.all(
      ['up', 'ensure', 'up', 'ensure'].map((method) => bench.inProcess(method as 'up' | 'ensure')),
    );
    const endpoints = await bench.stack.endpoints();
    for (const answer of answers) expect(answer).toMatchObject({ value: endpoints });
    const parts = await bench.stack.ps();
    expect(parts.map(({ restarts }) => restarts)).toEqual([0, 0, 0, 0]);
    await bench.down();
    expect(supervisors()).toBe(0);
  });

  test('to clear up a half-dead stack get one stack, with its data', async () => {
    await leaveData(await bench.up());
    await bench.kill('supervisor', 'postgres');
    const answers = await Promise.all([
      bench.inProcess('ensure'),
      bench.inProcess('up'),
      bench.inProcess('up'),
    ]);
    const endpoints = await bench.stack.ensure(quiet);
    for (const answer of answers) expect(answer).toMatchObject({ value: endpoints });
    expect(await findData(endpoints)).toEqual(ALL_DATA);
  });

  test('one to bring it up and one to take it down, end with a whole stack or with none', async () => {
    await bench.up();
    for (let round = 0; round < 3; round += 1) {
      const [up, down] = await Promise.all([bench.inProcess('up'), bench.inProcess('down')]);
      expect([up.code, down.code]).toEqual([undefined, undefined]);
      const states = (await bench.stack.ps()).map(({ state }) => state);
      expect([...new Set(states)]).toHaveLength(1);
      expect(['running', 'stopped']).toContain(states[0]);
    }
  });

  test('a client that is interrupted while it waits leaves the bringing up to the supervisor', async () => {
    await bench.inProcess('up', ['timeout', '--signal=KILL', '1']).catch(quiet);
    const endpoints = await bench.stack.ensure(quiet);
    expect(endpoints.database.embedded).toBe(true);
  });
});
