/** Chance that can be had again: equal seeds give equal draws. */
export interface Random {
  /** From 0 up to 1. */
  next(): number;
  /** A whole number from `least` to `most`, both included. */
  between(least: number, most: number): number;
  pick<Value>(values: readonly [Value, ...Value[]]): Value;
  shuffled<Value>(values: readonly Value[]): Value[];
  /** Chance of its own, which this one's later draws do not touch. */
  fork(name: string): Random;
}

/** Mulberry32: small, and good enough to choose what breaks next. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const random: Random = {
    next,
    between: (least, most) => least + Math.floor(next() * (most - least + 1)),
    pick: (values) => values[Math.floor(next() * values.length)] ?? values[0],
    shuffled: (values) => {
      const left = [...values];
      return Array.from({ length: left.length }, () =>
        left.splice(Math.floor(next() * left.length), 1),
      ).flat();
    },
    fork: (name) =>
      randomFrom(
        [...name].reduce(
          (hash, letter) => Math.imul(hash ^ letter.charCodeAt(0), 16_777_619),
          seed ^ 0x811c9dc5,
        ),
      ),
  };
  return random;
}
