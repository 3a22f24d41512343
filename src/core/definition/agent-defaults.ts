import type { RetryPolicy } from './definition.js';

/** For how long an agent may be silent. */
export const AGENT_IDLE_TIMEOUT_MS = 1_800_000;

/** Agents fail for reasons that pass more often than programs do. */
export const AGENT_RETRY: RetryPolicy = { maxAttempts: 2, delayMs: 3_000, onError: 'transient' };
