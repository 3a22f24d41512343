// Loaded first into every Node process of a stack (`NODE_OPTIONS`): their clock is off by the milliseconds in a file.
import { readFileSync } from 'node:fs';

const LOOK_EVERY_MS = 50;
const Real = globalThis.Date;
let shiftMs = 0;
let lookedAt = 0;

function now() {
  const real = Real.now();
  if (real - lookedAt < LOOK_EVERY_MS) return real + shiftMs;
  lookedAt = real;
  try {
    shiftMs = Number(readFileSync(process.env.CLOCK_SHIFT_FILE, 'utf8'));
  } catch {
    shiftMs = 0;
  }
  return real + shiftMs;
}

globalThis.Date = class Date extends Real {
  constructor(...parts) {
    super(...(parts.length === 0 ? [now()] : parts));
  }

  static now() {
    return now();
  }
};
