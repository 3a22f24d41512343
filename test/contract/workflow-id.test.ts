import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  attemptId,
  checkId,
  mirrorWorkflowId,
  nodeOfActivityId,
  pathSlug,
  runWorkflowId,
} from '../../src/contract/workflow-id.js';
import type { HostId, NodeId, RunId, WorkingPath } from '../../src/core/ids.js';
import { REWORK, TURN } from '../../src/core/run/turns.js';

const HOST = '0123456789abcdef0123456789abcdef' as HostId;
const slug = (path: string): string => pathSlug(path as WorkingPath);

// Digests by coreutils, not by us. A change would let two versions of the product admit two runs on one path.
describe('the ID of a run is frozen', () => {
  it.each([
    ['/home/me/repo', 'run.68656deb43f8cbb6ed458b5101933cec.me-repo'],
    ['/', 'run.18c1e1b1889693cea0ceb0775d135d5b.root'],
    ['/srv/Ünïcode/Straße', 'run.e6e0a0f3ad050673bddc3aac110259b8.n-code-stra-e'],
  ])('%s', (path, id) => {
    expect(runWorkflowId(HOST, path as WorkingPath)).toBe(id);
  });

  it.each([
    ['/home/me/repo', 'me-repo'],
    ['/repo', 'repo'],
    ['/', 'root'],
    ['/a/b/c/d', 'c-d'],
    ['/home/Me/My_Repo.git', 'me-my-repo-git'],
    ['/home/me/...', 'me'],
    ['/日本/東京', 'root'],
    ['/home/naïve café', 'home-na-ve-caf'],
    ['/tmp/İstanbul', 'tmp-stanbul'],
    ['/w/\u212a', 'w'],
    [`/x/${'a'.repeat(60)}`, 'a'.repeat(40)],
    [`/x/${'a'.repeat(20)}-${'b'.repeat(40)}`, 'b'.repeat(40)],
    [`/x/${'a'.repeat(20)}.${'b'.repeat(39)}`, 'b'.repeat(39)],
    [`/${'x'.repeat(38)}/yz`, `${'x'.repeat(37)}-yz`],
  ])('%s gives the slug %s', (path, expected) => {
    expect(slug(path)).toBe(expected);
  });
});

describe('the ID of a run', () => {
  const segment = fc
    .string({ unit: 'binary', minLength: 1, maxLength: 80 })
    .filter((text) => !/[/\0]/.test(text));
  const path = fc.array(segment, { maxLength: 6 }).map((segments) => `/${segments.join('/')}` as WorkingPath);

  it('is short and plain, whatever the path', () => {
    fc.assert(
      fc.property(path, (anyPath) => {
        expect(runWorkflowId(HOST, anyPath)).toMatch(/^run\.[0-9a-f]{32}\.(?!-)[a-z0-9-]{1,40}(?<!-)$/);
      }),
    );
  });

  it('differs between hosts, and between paths of one slug', () => {
    const ids = [
      runWorkflowId(HOST, '/home/me/repo' as WorkingPath),
      runWorkflowId('f'.repeat(32) as HostId, '/home/me/repo' as WorkingPath),
      runWorkflowId(HOST, '/home/ME/repo' as WorkingPath),
      runWorkflowId(HOST, '/other/me/repo' as WorkingPath),
    ];
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('the ID of a mirror', () => {
  it('counts its parts from the second on', () => {
    const id = (part?: number) => mirrorWorkflowId('run' as RunId, 'token', part);
    expect([id(), id(1), id(2), id(17)]).toEqual([
      'mirror.run.token',
      'mirror.run.token',
      'mirror.run.token.2',
      'mirror.run.token.17',
    ]);
  });
});

describe('the name of an attempt', () => {
  it.each([
    ['build', 1, 'build.1'],
    ['Fix_it-now', 12, 'Fix_it-now.12'],
    ['x'.repeat(100), 1, `${'x'.repeat(100)}.1`],
    ['a.b', 1, '~2e7336dc8eba87ef.1'],
    ['naïve', 2, '~f86fd89de87a848a.2'],
    ['../../etc', 1, '~74ccf3c5b4c19a81.1'],
    ['~open', 1, '~66395df3c8400748.1'],
    ['x'.repeat(101), 1, '~c675a2e604b0cd12.1'],
  ])('%s, attempt %i is %s', (nodeId, attempt, id) => {
    expect(attemptId(nodeId as NodeId, attempt)).toBe(id);
  });

  it('is a file name in the deepest bodies, too', () => {
    const place = Array.from({ length: 8 }, (_, depth) => ({
      nodeId: `${'group'.repeat(18)}${depth}` as NodeId,
      iteration: 1000,
    }));
    const ids = [attemptId('build' as NodeId, 1, place), checkId(place)];
    for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9_.~-]{1,255}$/);
  });

  it('of a turn names the loop, or the gate, that it belongs to', () => {
    const place = [{ nodeId: 'fix' as NodeId, iteration: 2 }];
    expect([attemptId(TURN, 1, place), attemptId(REWORK, 3, place)]).toEqual([
      'fix.2.~turn.1',
      'fix.2.~on_reject.3',
    ]);
    expect(nodeOfActivityId('fix.2.~turn.1')).toBe('fix');
    expect(nodeOfActivityId('rounds.1.ok.2.~on_reject.3')).toBe('rounds.ok');
    expect(attemptId('~turn' as NodeId, 1, place)).not.toBe('fix.2.~turn.1');
  });

  it('is a safe file name that tells its node if that is plain, and never one of our own activities', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', minLength: 1 }),
        fc.integer({ min: 1, max: 99 }),
        (nodeId, attempt) => {
          const id = attemptId(nodeId as NodeId, attempt);
          expect(id).toMatch(/^[A-Za-z0-9_~-]{1,100}\.\d+$/);
          expect(nodeOfActivityId(id)).toBe(id.startsWith('~') ? null : nodeId);
        },
      ),
    );
    expect(['~open', '~close', '7'].map((id) => nodeOfActivityId(id))).toEqual([null, null, null]);
  });
});
