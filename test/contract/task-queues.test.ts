import { expect, it } from 'vitest';
import { hostTaskQueue } from '../../src/contract/task-queues.js';
import type { HostId } from '../../src/core/ids.js';

it('a queue belongs to one user on one machine', () => {
  expect(hostTaskQueue('abc' as HostId, 1000)).toBe('signalbox.host.abc.1000');
  expect(hostTaskQueue('abc' as HostId, 0)).toBe('signalbox.host.abc.0');
});
