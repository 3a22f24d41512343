import { describe, expect, it } from 'vitest';
import { OWN_LEVEL } from '../support/box-host.js';
import { performChaos } from './perform.js';
import { report } from './report.js';

/** Set by `npm run chaos -- --seed N --minutes M`. */
const SEED = Number(process.env['CHAOS_SEED'] ?? Math.floor(Math.random() * 1_000_000));
const MINUTES = Number(process.env['CHAOS_MINUTES'] ?? 3);

describe('while everything breaks', () => {
  it(
    `the promise holds, for ${MINUTES} minutes, seed ${SEED}`,
    async () => {
      const result = await performChaos({ seed: SEED, seconds: MINUTES * 60, paths: 3, launchersPerPath: 3 });
      console.log(report(result, SEED, MINUTES));
      expect(result.violations).toEqual([]);
      expect(result.levels).toEqual([String(OWN_LEVEL)]);
      result.scene.remove();
    },
    (MINUTES * 60 + 600) * 1000,
  );
});
