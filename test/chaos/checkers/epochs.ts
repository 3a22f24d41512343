import { groupBy, type MirrorMark, type Violation } from '../evidence.js';

/** I3: the table takes no write of an older epoch, nor, within an epoch, one that is older than the last. */
export function checkEpochs(marks: readonly MirrorMark[]): Violation[] {
  return [...groupBy(marks, ({ run }) => run).values()].flatMap(stepsBack);
}

function stepsBack(marks: readonly MirrorMark[]): Violation[] {
  return marks.flatMap(({ run, epoch, seq }, index) => {
    const before = marks[index - 1];
    if (before === undefined) return [];
    const isOlder = epoch < before.epoch || (epoch === before.epoch && seq < before.seq);
    if (!isOlder) return [];
    const what = `${run}: a write of epoch ${epoch}, ${seq} was taken after one of epoch ${before.epoch}, ${before.seq}`;
    return [{ invariant: 'I3', what, at: null } satisfies Violation];
  });
}
