import { groupBy, type Hold, type StartCall, type Violation } from '../evidence.js';

/** Who admits runs has a wall clock, brought to ours. */
const CLOCK_BLUR_MS = 40;
/** It dates a start before it waits for its turn to look whether the path is free. */
const START_BLUR_MS = 10;

/**
 * I5: in every window in which a path can be had, exactly one run gets it; every start that was refused was
 * told a run that held the path at some moment of the call.
 */
export function checkAdmission(calls: readonly StartCall[], holds: readonly Hold[]): Violation[] {
  const byPath = groupBy(holds, ({ path }) => path);
  return [
    ...[...byPath.values()].flatMap(doubleWinners),
    ...calls.flatMap((call) => wrongAnswer(call, byPath.get(call.path) ?? [])),
  ];
}

function doubleWinners(holds: readonly Hold[]): Violation[] {
  const inOrder = [...holds].sort((a, b) => a.from - b.from);
  let longest: Hold | null = null;
  return inOrder.flatMap((hold) => {
    const before = longest;
    if (before === null || endOf(hold) > endOf(before)) longest = hold;
    if (before === null || before.run === hold.run || hold.from >= endOf(before) - START_BLUR_MS) return [];
    const what = `${hold.path}: ${hold.run} was admitted while ${before.run} held it`;
    return [{ invariant: 'I5', what, at: hold.from } satisfies Violation];
  });
}

function wrongAnswer(call: StartCall, holds: readonly Hold[]): Violation[] {
  const { path, calledAt, answeredAt, answer } = call;
  const during = holds.filter(
    (hold) =>
      hold.from <= answeredAt + CLOCK_BLUR_MS && (hold.toAtLatest ?? endOf(hold)) >= calledAt - CLOCK_BLUR_MS,
  );
  const violation = (what: string): Violation[] => [
    { invariant: 'I5', what: `${path}: ${what}`, at: answeredAt },
  ];
  switch (answer.kind) {
    case 'unanswered':
    case 'queued':
      return [];
    case 'started':
      return during.some(({ run }) => run === answer.run)
        ? []
        : violation(`${answer.run} was said to have started and never held it`);
    case 'busy':
      if (answer.holder === null) return violation('a refused start was told no holder');
      return during.some(({ run }) => run === answer.holder)
        ? []
        : violation(`a refused start was told ${answer.holder}, which did not hold it then`);
  }
}

const endOf = ({ to }: Hold): number => to ?? Infinity;
