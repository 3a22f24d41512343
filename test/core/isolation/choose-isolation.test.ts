import { describe, expect, it } from 'vitest';
import { chooseIsolation, type IsolationGround } from '../../../src/core/isolation/choose-isolation.js';

const ground = (over: Partial<IsolationGround>): IsolationGround => ({
  wish: {},
  definition: undefined,
  config: undefined,
  isDefault: false,
  hasRepository: true,
  ...over,
});

describe('a run works', () => {
  it.each<[where: string, when: string, over: Partial<IsolationGround>]>([
    ['in-place', 'nobody says anything', {}],
    ['worktree', 'its way of starting means one', { isDefault: true }],
    ['in-place', 'there is no repository', { isDefault: true, hasRepository: false }],
    ['worktree', '--worktree', { wish: { worktree: true } }],
    ['worktree', '--branch', { wish: { branch: 'x' } }],
    ['worktree', '--from', { wish: { from: 'main' } }],
    ['in-place', '--base alone', { wish: { base: 'main' } }],
    ['in-place', '--no-worktree', { wish: { worktree: false }, isDefault: true }],
    ['in-place', '--folder', { wish: { isFolder: true }, isDefault: true }],
    ['worktree', 'its config wants one', { config: true }],
    ['in-place', 'its config wants one, and its definition none', { config: true, definition: false }],
    ['in-place', 'its config wants one, and its caller none', { config: true, wish: { worktree: false } }],
    ['in-place', 'its config wants none', { config: false, isDefault: true }],
    ['worktree', 'its definition wants one', { definition: true }],
    ['in-place', 'its definition wants none', { definition: false, isDefault: true }],
    [
      'in-place',
      'its definition and --no-worktree want none',
      { definition: false, wish: { worktree: false } },
    ],
    ['worktree', 'its definition and --branch want one', { definition: true, wish: { branch: 'x' } }],
  ])('%s when %s', (where, _when, over) => {
    expect(chooseIsolation(ground(over))).toBe(where);
  });
});

describe('words that contradict each other are refused', () => {
  it.each<[what: string, over: Partial<IsolationGround>, sentence: string]>([
    [
      'branch × no-worktree',
      { wish: { branch: 'x', worktree: false } },
      'leave --branch or --no-worktree out',
    ],
    ['from × no-worktree', { wish: { from: 'x', worktree: false } }, '--from and --base'],
    ['base × no-worktree', { wish: { base: 'x', worktree: false } }, '--from and --base'],
    ['folder × branch', { wish: { branch: 'x', isFolder: true } }, '--folder'],
    ['folder × from', { wish: { from: 'x', isFolder: true } }, '--folder'],
    ['folder × base', { wish: { base: 'x', isFolder: true } }, '--folder'],
    ['folder × worktree', { wish: { worktree: true, isFolder: true } }, '--folder'],
    ['folder × no-worktree', { wish: { worktree: false, isFolder: true } }, '--folder'],
    ['folder × enabled: true', { wish: { isFolder: true }, definition: true }, 'leave --folder out'],
    ['enabled: false × worktree', { wish: { worktree: true }, definition: false }, 'worktree.enabled: false'],
    ['enabled: false × branch', { wish: { branch: 'x' }, definition: false }, 'worktree.enabled: false'],
    ['enabled: false × from', { wish: { from: 'x' }, definition: false }, 'worktree.enabled: false'],
    ['enabled: false × base', { wish: { base: 'x' }, definition: false }, 'worktree.enabled: false'],
    [
      'enabled: true × no-worktree',
      { wish: { worktree: false }, definition: true },
      'leave --no-worktree out',
    ],
    ['branch × no repository', { wish: { branch: 'x' }, hasRepository: false }, 'git init'],
    ['worktree × no repository', { wish: { worktree: true }, hasRepository: false }, 'git init'],
    ['enabled: true × no repository', { definition: true, hasRepository: false }, 'git init'],
  ])('%s', (_what, over, sentence) => {
    expect(() => chooseIsolation(ground(over))).toThrow(
      expect.objectContaining({ code: 'USAGE', message: expect.stringContaining(sentence) }),
    );
  });
});
