import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { NodeId } from '../../../src/core/ids.js';
import { artifactName } from '../../../src/core/run/artifact.js';

describe('the name of an artifact', () => {
  it.each([
    ['plan', 'plan'],
    ['inc__plan-2', 'inc__plan-2'],
    ['a b', 'a_b'],
    ['../../etc/passwd', '______etc_passwd'],
    ['größe.1', 'gr__e_1'],
  ])('of node %j is %j', (nodeId, name) => {
    expect(artifactName({ nodeId: nodeId as NodeId })).toBe(name);
  });

  it('tells iterations of loop groups apart, and none of them from a node outside', () => {
    const frames = [
      { groupId: 'outer', iteration: 2 },
      { groupId: 'inner', iteration: 1 },
    ];
    const owner = JSON.stringify([
      'rev iew',
      [
        ['outer', 2],
        ['inner', 1],
      ],
    ]);
    const digest = createHash('sha256').update(owner).digest('hex');
    expect(artifactName({ nodeId: 'rev iew' as NodeId, loopGroupPath: frames })).toBe(
      `loop.${digest}__rev_iew`,
    );
    const later = frames.map((frame) => ({ ...frame, iteration: frame.iteration + 1 }));
    const names = [{}, { loopGroupPath: frames }, { loopGroupPath: later }].map((order) =>
      artifactName({ nodeId: 'a' as NodeId, ...order }),
    );
    expect(new Set(names).size).toBe(3);
  });
});
