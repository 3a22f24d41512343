import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** Tests with real servers and processes are heavy: a worker of ours takes most of a core. */
const maxWorkers = Math.min(4, Math.max(2, Math.floor(availableParallelism() / 2)));

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    pool: 'forks',
    maxWorkers,
    // Deadlines are five times what is expected on a busy machine; a hang is found, a slow machine is not a failure.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    teardownTimeout: 30_000,
    slowTestThreshold: 10_000,
    allowOnly: false,
    passWithNoTests: false,
  },
});
