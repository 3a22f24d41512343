import { describe, expect, it } from 'vitest';
import { endProcesses, type Survivor } from '../../../src/adapters/box/end-processes.js';

type SignalName = Parameters<Survivor['signal']>[0];

/** A process of the imagination. `onSignal` may end it, or bring up others. */
function aProcess(key: string, onSignal: (name: SignalName, end: () => void) => void) {
  let lives = true;
  const told: SignalName[] = [];
  const survivor: Survivor = {
    key,
    isAlive: () => lives,
    signal(name) {
      told.push(name);
      onSignal(name, () => (lives = false));
    },
    describe: () => ({ pid: Number(key), user: 'root', command: `sleep ${key}` }),
  };
  return { survivor, told };
}

const obedient = (key: string) => aProcess(key, (_, end) => end());
const stubborn = (key: string) => aProcess(key, (name, end) => name === 'SIGKILL' && end());
const immortal = (key: string) => aProcess(key, () => undefined);

function aSearchOver(processes: Survivor[]) {
  const searches: number[] = [];
  const search = (): Promise<Survivor[]> => {
    const found = processes.filter((survivor) => survivor.isAlive());
    searches.push(found.length);
    return Promise.resolve(found);
  };
  return { search, searches };
}

describe('ending processes', () => {
  it('takes three empty searches for an answer', async () => {
    const { search, searches } = aSearchOver([]);
    await endProcesses(search, { graceMs: 1000, killLimitMs: 1000 });
    expect(searches).toEqual([0, 0, 0]);
  });

  it('asks an obedient process once', async () => {
    const { survivor, told } = obedient('1');
    await endProcesses(aSearchOver([survivor]).search, { graceMs: 1000, killLimitMs: 1000 });
    expect(told).toEqual(['SIGTERM']);
  });

  it('kills a stubborn one when the grace is over', async () => {
    const { survivor, told } = stubborn('1');
    await endProcesses(aSearchOver([survivor]).search, { graceMs: 30, killLimitMs: 1000 });
    expect(told).toEqual(['SIGTERM', 'SIGKILL']);
  });

  it('kills at once where there is no grace', async () => {
    const { survivor, told } = stubborn('1');
    await endProcesses(aSearchOver([survivor]).search, { graceMs: 0, killLimitMs: 1000 });
    expect(told).toEqual(['SIGKILL']);
  });

  it('finds a process that was forked between two searches', async () => {
    const processes: Survivor[] = [];
    const late = obedient('2');
    const early = aProcess('1', (_, end) => {
      processes.push(late.survivor);
      end();
    });
    processes.push(early.survivor);
    const { search, searches } = aSearchOver(processes);
    await endProcesses(search, { graceMs: 1000, killLimitMs: 1000 });
    expect(late.told).toEqual(['SIGTERM']);
    expect(searches).toEqual([1, 1, 0, 0, 0]);
  });

  it('spares what starts during the grace until those before it are gone', async () => {
    const processes: Survivor[] = [];
    const helper = obedient('2');
    let endMain: () => void = () => undefined;
    const main = aProcess('1', (_, end) => {
      processes.push(helper.survivor);
      endMain = end;
    });
    processes.push(main.survivor);
    const ending = endProcesses(aSearchOver(processes).search, { graceMs: 10_000, killLimitMs: 1000 });
    await new Promise((resolve) => setImmediate(resolve));
    expect(main.told).toEqual(['SIGTERM']);
    expect(helper.told).toEqual([]);
    endMain();
    await ending;
    expect(helper.told).toEqual(['SIGTERM']);
  });

  it('gives up on what will not die, and names it', async () => {
    const processes = [immortal('11').survivor, immortal('12').survivor];
    await expect(
      endProcesses(aSearchOver(processes).search, { graceMs: 0, killLimitMs: 40 }),
    ).rejects.toMatchObject({
      code: 'PATH_STILL_OCCUPIED',
      message:
        'still alive 40 ms after SIGKILL: 11 (root) sleep 11; 12 (root) sleep 12. End them by hand, then try again',
      details: { processes: [{ pid: 11, user: 'root', command: 'sleep 11' }, { pid: 12 }] },
    });
  });
});
