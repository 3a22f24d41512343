import { describe, expect, it } from 'vitest';
import { checkStart } from '../../src/client/check-start.js';
import type { StartOptions } from '../../src/client/orchestrator.js';

const GOOD: StartOptions = {
  workflow: { file: 'hello.yaml', text: 'name: hello' },
  workingPath: '/repo',
  message: 'hi',
  inputs: { who: 'you' },
  onBusy: 'fail',
  isFolder: false,
  baseBranch: 'main',
  environment: { PATH: '/bin', EMPTY: '' },
  startedBy: 'me@laptop',
  runId: '7c1f2a9e-5d2b-4c1a-9f00-000000000001',
  startToken: '7c1f2a9e-5d2b-4c1a-9f00-000000000002',
  graceMs: 0,
  heartbeatTimeoutMs: 5_000,
  worker: { hostId: 'host', uid: 0 },
};

describe('a start that a program asks for', () => {
  it('may have every option, and needs no more than a workflow and a path', () => {
    expect(() => checkStart(GOOD)).not.toThrow();
    expect(() => checkStart({ workflow: 'hello', workingPath: '.' })).not.toThrow();
  });

  it.each<[keyof StartOptions | 'onbusy', unknown, string]>([
    ['workflow', 7, 'workflow is neither a name nor the file and text of a definition'],
    ['workflow', { file: 'a.yaml' }, 'workflow is neither'],
    ['workflow', undefined, 'workflow is missing'],
    ['workingPath', undefined, 'workingPath is missing'],
    ['workingPath', '/a\0b', 'workingPath is no path'],
    ['inputs', { who: 1 }, 'inputs is no map of texts'],
    ['inputs', [], 'inputs is no map of texts'],
    ['isFolder', 'yes', 'isFolder is neither true nor false'],
    ['baseBranch', 'ma\0in', 'baseBranch is no text without NUL bytes'],
    ['environment', { A: 'a\0' }, 'environment is no map of texts that programs can be given'],
    ['environment', { 'A=B': '' }, 'environment is no map'],
    ['environment', { '': '' }, 'environment is no map'],
    ['runId', 'RUN', 'runId is no UUID in lower case'],
    ['startToken', '7C1F2A9E-5D2B-4C1A-9F00-000000000002', 'startToken is no UUID in lower case'],
    ['graceMs', -1, 'graceMs is no whole number of milliseconds from 0'],
    ['graceMs', '5s', 'graceMs is no whole number'],
    ['graceMs', Number.NaN, 'graceMs is no whole number'],
    ['heartbeatTimeoutMs', 999, 'heartbeatTimeoutMs is no whole number of milliseconds from 1000'],
    ['heartbeatTimeoutMs', 1e21, 'heartbeatTimeoutMs is no whole number'],
    ['worker', { hostId: '', uid: 0 }, 'worker is no {hostId, uid}'],
    ['onbusy', 'fail', 'onbusy is no option (did you mean onBusy?)'],
  ])('is refused for %s %j', (name, value, sentence) => {
    expect(() => checkStart({ ...GOOD, [name]: value })).toThrow(
      expect.objectContaining({ code: 'USAGE', message: expect.stringContaining(sentence) }),
    );
  });

  it('is refused with all its faults at once', () => {
    const bad = { ...GOOD, message: 5, graceMs: 1.5, baseBranch: '\0' } as unknown as StartOptions;
    expect(() => checkStart(bad)).toThrow(
      expect.objectContaining({
        code: 'USAGE',
        details: {
          faults: [
            'message is no text',
            'baseBranch is no text without NUL bytes',
            'graceMs is no whole number of milliseconds from 0',
          ],
        },
      }),
    );
  });

  it.each([
    ['a\0b', 'message has a NUL byte'],
    ['x'.repeat(131_059), 'message has 131059 bytes'],
  ])('is refused for nothing but its message with a code of its own', (message, sentence) => {
    expect(() => checkStart({ ...GOOD, message })).toThrow(
      expect.objectContaining({ code: 'MESSAGE_INVALID', message: expect.stringContaining(sentence) }),
    );
  });
});
