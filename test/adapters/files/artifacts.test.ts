import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { makeArtifacts } from '../../../src/adapters/files/artifacts.js';
import type { NodeId, RunId } from '../../../src/core/ids.js';
import type { ArtifactOrder } from '../../../src/core/run/artifact.js';
import type { TextValue } from '../../../src/core/run/task.js';
import { tempDirectory } from '../../support/temp-directory.js';

const inline = (text: string): TextValue => ({ kind: 'inline', text });

describe('artifacts', () => {
  let artifactsDir: string;
  const artifacts = makeArtifacts({ now: () => new Date(0) });
  const keep = (id: string, text: TextValue, order: Partial<ArtifactOrder> = {}) =>
    artifacts.keep(
      { runId: 'a-run' as RunId, artifactsDir },
      { nodeId: id as NodeId, outputType: 'plan', ...order },
      text,
    );
  const read = (name: string): string => readFileSync(join(artifactsDir, 'nodes', name), 'utf8');

  beforeEach(() => {
    artifactsDir = tempDirectory();
  });

  it('are the text, and beside it what it is', async () => {
    const artifact = await keep('plan', inline('# Plän'));
    expect(artifact).toEqual({
      nodeId: 'plan',
      outputType: 'plan',
      path: 'nodes/plan.md',
      runId: 'a-run',
      producedAt: '1970-01-01T00:00:00.000Z',
      size: 7,
    });
    expect(read('plan.md')).toBe('# Plän');
    expect(JSON.parse(read('plan.meta.json'))).toEqual(artifact);
    expect(statSync(join(artifactsDir, 'nodes/plan.md')).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(artifactsDir, 'nodes')).sort()).toEqual(['plan.md', 'plan.meta.json']);
  });

  it('are copied where the text lies in a file', async () => {
    const path = join(artifactsDir, 'output');
    writeFileSync(path, 'x'.repeat(20_000));
    const text = { kind: 'file', path, bytes: 20_000, sha256: '', excerpt: 'x' } as const;
    expect(await keep('a', text)).toMatchObject({ size: 20_000 });
    expect(read('a.md')).toHaveLength(20_000);
  });

  it('of a node that is done again replace the old ones', async () => {
    await keep('a', inline('first'));
    await keep('a', inline('second'), { outputType: 'review' });
    expect(read('a.md')).toBe('second');
    expect(JSON.parse(read('a.meta.json'))).toMatchObject({ outputType: 'review', size: 6 });
  });

  it('of each iteration of a loop group stay', async () => {
    const at = (iteration: number) => ({ loopGroupPath: [{ groupId: 'g', iteration }] });
    const [one, two] = [await keep('a', inline('1'), at(1)), await keep('a', inline('2'), at(2))];
    expect(JSON.parse(read(`${one.path.slice(6, -3)}.meta.json`))).toMatchObject(at(1));
    expect([one, two].map(({ path }) => readFileSync(join(artifactsDir, path), 'utf8'))).toEqual(['1', '2']);
  });

  it.each([
    ['a b', 'a_b'],
    ['a_b', 'a.b'],
  ])('of %j and %j are not one: the second is refused, the first stays', async (first, second) => {
    await keep(first, inline('mine'));
    await expect(keep(second, inline('other'))).rejects.toMatchObject({
      code: 'ARTIFACT_UNWRITABLE',
      message: expect.stringContaining(`the name of that of node '${first}'`),
    });
    expect(read('a_b.md')).toBe('mine');
  });

  it('of two such nodes at once are kept for one of them', async () => {
    const both = await Promise.allSettled([keep('a b', inline('a b')), keep('a.b', inline('a.b'))]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const { nodeId } = JSON.parse(read('a_b.meta.json')) as { nodeId: string };
    expect(read('a_b.md')).toBe(nodeId);
  });

  it('replace what is no description of one', async () => {
    mkdirSync(join(artifactsDir, 'nodes'));
    writeFileSync(join(artifactsDir, 'nodes/a.meta.json'), '{"nodeId":');
    await keep('a', inline('whole'));
    expect(JSON.parse(read('a.meta.json'))).toMatchObject({ nodeId: 'a' });
  });

  it('that cannot be written are refused with the reason', async () => {
    writeFileSync(join(artifactsDir, 'nodes'), 'in the way');
    await expect(keep('a', inline('x'))).rejects.toMatchObject({
      code: 'ARTIFACT_UNWRITABLE',
      message: expect.stringMatching(/nodes\/a\.md: E(EXIST|NOTDIR)/),
    });
  });
});
