import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeSourceFiles } from '../../../src/adapters/files/source-files.js';
import { RunError } from '../../../src/core/errors.js';
import { manifestText, type CapturedSource } from '../../../src/core/source/source-manifest.js';

const digest = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');

let artifactsDir: string;
let stored: Map<string, string>;
let source: CapturedSource;

const texts = {
  get: (sha256: string): Promise<string> => {
    const text = stored.get(sha256);
    return text === undefined
      ? Promise.reject(new RunError('TEXT_NOT_STORED', `no ${sha256}`))
      : Promise.resolve(text);
  },
};
const files = makeSourceFiles(texts);

const CHECK = 'console.log("checked");\n';
const PIXEL = Buffer.from([0x89, 0x50, 0xff, 0x00]);

beforeEach(async () => {
  artifactsDir = await mkdtemp(join(tmpdir(), 'signalbox-source-'));
  const pixel = PIXEL.toString('base64');
  const manifest = manifestText([
    { path: 'project/scripts/check.ts', sha256: digest(CHECK), encoding: 'utf8', isExecutable: false },
    { path: 'project/scripts/lib/pixel.png', sha256: digest(pixel), encoding: 'base64', isExecutable: true },
  ]);
  stored = new Map([CHECK, pixel, manifest].map((text) => [digest(text), text]));
  source = { sha256: digest(manifest), fileCount: 2, byteCount: 100 };
});
afterEach(() => rm(artifactsDir, { recursive: true, force: true }));

const at = (path: string): string => join(artifactsDir, 'workflow-source', path);

describe('the captured source of a run', () => {
  it('lies below its artifacts as it was, read-only', async () => {
    await files.lay(artifactsDir, source);
    expect(await readFile(at('project/scripts/check.ts'), 'utf8')).toBe(CHECK);
    expect(await readFile(at('project/scripts/lib/pixel.png'))).toEqual(PIXEL);
    expect((await stat(at('project/scripts/check.ts'))).mode & 0o777).toBe(0o400);
    expect((await stat(at('project/scripts/lib/pixel.png'))).mode & 0o777).toBe(0o500);
  });

  it('is left alone where it lies already', async () => {
    await files.lay(artifactsDir, source);
    const { ino } = await stat(at('project/scripts/check.ts'));
    await files.lay(artifactsDir, source);
    expect((await stat(at('project/scripts/check.ts'))).ino).toBe(ino);
  });

  it("may have Python's caches in it", async () => {
    await files.lay(artifactsDir, source);
    await put('project/scripts/__pycache__/check.pyc', 'x');
    await expect(files.lay(artifactsDir, source)).resolves.toBeUndefined();
  });

  it.each([
    ['changed', () => put('project/scripts/check.ts', 'console.log("hacked");\n')],
    ['added', () => put('project/scripts/more.ts', '')],
    ['gone', () => rm(at('project/scripts/check.ts'))],
  ])('is refused when a file was %s, and named', async (what, change) => {
    await files.lay(artifactsDir, source);
    await change();
    await expect(files.lay(artifactsDir, source)).rejects.toMatchObject({
      code: 'SOURCE_ALTERED',
      message: expect.stringContaining(what === 'gone' ? 'check.ts is gone' : `was ${what}`),
    });
  });

  it('is written whole or not at all', async () => {
    stored.delete(digest(CHECK));
    await expect(files.lay(artifactsDir, source)).rejects.toMatchObject({ code: 'TEXT_NOT_STORED' });
    await expect(stat(at(''))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it.each([
    ['no JSON', 'x'],
    ['a newer form', '{"version":2,"files":[]}'],
    [
      'a place outside',
      JSON.stringify({
        version: 1,
        files: [{ path: '../x', sha256: 'a'.repeat(64), encoding: 'utf8', isExecutable: false }],
      }),
    ],
  ])('is refused when its list is %s', async (_, text) => {
    stored.set(digest(text), text);
    const odd = { ...source, sha256: digest(text) };
    await expect(files.lay(artifactsDir, odd)).rejects.toMatchObject({ code: 'SOURCE_ALTERED' });
  });
});

async function put(path: string, text: string): Promise<void> {
  await mkdir(dirname(at(path)), { recursive: true });
  await chmod(at(path), 0o600).catch(() => undefined);
  await writeFile(at(path), text);
}
