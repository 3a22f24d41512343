import type {
  Evidence,
  Fault,
  Hold,
  NodeRecord,
  Remains,
  RowChange,
  Sighting,
  StartCall,
} from '../evidence.js';

export const NOTHING_LEFT: Remains = { processes: [], locks: [], open: [], runs: [] };

/** Evidence of nothing, with what a test adds to it. */
export function evidenceOf(parts: Partial<Evidence> = {}): Evidence {
  return {
    records: [],
    sightings: [],
    calls: [],
    holds: [],
    rows: [],
    marks: [],
    owners: [],
    faults: [],
    commits: [],
    remains: NOTHING_LEFT,
    revived: new Set(),
    endedAt: 100_000,
    ...parts,
  };
}

/**
 * A log of one path from a sketch: `A1 enter` is the first session of run A, a second apart from line to line.
 * `A1@t enter` gives the execution generation, `B1 collision A` whose canary was met.
 */
export function logOf(...lines: readonly string[]): NodeRecord[] {
  return lines.map((line, index) => {
    const [who = '', kind = '', other] = line.split(' ');
    const [session = '', token] = who.split('@');
    return {
      path: '/repo',
      at: index * 1000,
      kind: kind as NodeRecord['kind'],
      run: session.slice(0, 1),
      session,
      ...(token === undefined ? {} : { token }),
      ...(other === undefined ? {} : { other }),
    };
  });
}

export const sighting = (run: string, from: number, to: number): Sighting => ({
  run,
  pid: 42,
  from,
  to,
  command: 'sleep 100',
});

export const hold = (run: string, from: number, to: number | null): Hold => ({
  path: '/repo',
  run,
  from,
  to,
});

export const row = (run: string, at: number, status: string): RowChange => ({ run, at, status });

export const call = (calledAt: number, answer: StartCall['answer']): StartCall => ({
  path: '/repo',
  calledAt,
  answeredAt: calledAt + 10,
  answer,
});

export const stackFault = (from: number, to: number): Fault => ({
  kind: 'worker SIGKILL',
  from,
  to,
  run: null,
  path: null,
});
