import { ServiceError } from '@temporalio/client';
import { NamespaceNotFoundError } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { readableTrouble } from '../../src/client/temporal-calls.js';

/** What gRPC rejects a call with. */
function grpcError(code: number, details: string): Error {
  return Object.assign(new Error(`${code} ${details}`), { code, details, metadata: {} });
}

/** The same as Temporal's client passes it on. */
function serviceError(code: number, details: string): Error {
  return new ServiceError('Failed to start Workflow', { cause: grpcError(code, details) });
}

describe('an error of a call to Temporal', () => {
  it.each([
    ['a deadline that has passed', serviceError(4, 'DEADLINE_EXCEEDED'), 'does not answer (4 DEADLINE'],
    ['a raw call without a server', grpcError(14, 'UNAVAILABLE'), 'does not answer (14 UNAVAILABLE)'],
    [
      'a missing namespace',
      new NamespaceNotFoundError('nope'),
      "turns us down (Namespace not found: 'nope')",
    ],
    ['a missing namespace, met by a raw call', grpcError(5, 'NOT_FOUND'), 'turns us down (5 NOT_FOUND)'],
    ['a missing right', serviceError(7, 'PERMISSION_DENIED'), 'turns us down (7 PERMISSION_DENIED)'],
    ['a server that is no Temporal', serviceError(12, 'UNIMPLEMENTED'), 'turns us down (12 UNIMPLEMENTED)'],
    ['a wrong key', serviceError(16, 'UNAUTHENTICATED'), 'turns us down (16 UNAUTHENTICATED)'],
  ])('that tells of %s says so, with the address', (_what, error, sentence) => {
    expect(readableTrouble(error, 'host:7233', { runId: 'r' })).toMatchObject({
      code: 'TEMPORAL_UNREACHABLE',
      message: expect.stringContaining(`Temporal at host:7233 ${sentence}`),
      details: { runId: 'r' },
      cause: error,
    });
  });

  it.each([
    ['of ours', new TypeError('x is undefined')],
    ['about what was asked', serviceError(3, 'INVALID_ARGUMENT')],
  ])('%s stays as it is', (_what, error) => {
    expect(readableTrouble(error, 'host:7233')).toBe(error);
  });
});
