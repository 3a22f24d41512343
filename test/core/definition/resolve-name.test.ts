import { describe, expect, it } from 'vitest';
import { resolveWorkflowName } from '../../../src/core/definition/resolve-name.js';

const NAMES = [
  'archon-fix-issue',
  'fix-issue',
  'Fix-Bug',
  'review',
  'deep-review',
  'Ship',
  'SHIP',
  'a-release-b',
];

describe('a name', () => {
  it.each([
    ['fix-issue', 'fix-issue', 'exactly, though others end with it'],
    ['review', 'review', 'exactly'],
    ['FIX-ISSUE', 'fix-issue', 'whatever its case'],
    ['fix-bug', 'Fix-Bug', 'whatever its case'],
    ['Ship', 'Ship', 'exactly, though another differs in case alone'],
    ['bug', 'Fix-Bug', 'as the end after a dash'],
    ['RELEASE', 'a-release-b', 'as a part'],
    ['deep', 'deep-review', 'as a part'],
  ])('%s means %s: %s', (wanted, name) => {
    expect(resolveWorkflowName(wanted, NAMES)).toEqual({ kind: 'found', name });
  });

  it.each([
    ['ship', ['Ship', 'SHIP']],
    ['issue', ['archon-fix-issue', 'fix-issue']],
    ['fix', ['archon-fix-issue', 'fix-issue', 'Fix-Bug']],
  ])('%s may mean any of %j', (wanted, candidates) => {
    expect(resolveWorkflowName(wanted, NAMES)).toEqual({ kind: 'ambiguous', candidates });
  });

  it.each([
    ['fix-isue', 'fix-issue'],
    ['reveiw', 'review'],
    ['unheard-of', null],
    ['', null],
  ])('%j means none; nearest is %s', (wanted, nearest) => {
    expect(resolveWorkflowName(wanted, NAMES)).toEqual({ kind: 'notFound', nearest });
  });

  it('means nothing where there is nothing', () => {
    expect(resolveWorkflowName('x', [])).toEqual({ kind: 'notFound', nearest: null });
  });
});
