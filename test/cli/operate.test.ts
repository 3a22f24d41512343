import { describe, expect, it } from 'vitest';
import type { Finding } from '../../src/cli/context.js';
import { RunError } from '../../src/core/errors.js';
import type { StackEndpoints, StackPart } from '../../src/ports/stack.js';
import { runFake, STARTED } from './fake-cli.js';

const ENDPOINTS: StackEndpoints = {
  temporal: {
    address: '127.0.0.1:7233',
    namespace: 'default',
    uiUrl: 'http://127.0.0.1:8233',
    embedded: true,
  },
  database: { url: 'postgres://signalbox:secret@127.0.0.1:5432/signalbox', embedded: true },
};

const PART: StackPart = {
  name: 'temporal',
  state: 'running',
  pid: 42,
  address: '127.0.0.1:7233',
  since: STARTED,
  restarts: 1,
  detail: 'ended with SIGKILL',
};

describe('up', () => {
  it('says what it does on stderr, and where things are on stdout', async () => {
    const result = await runFake(['up'], {
      stack: {
        up: (progress) => {
          progress('starting Temporal');
          return Promise.resolve(ENDPOINTS);
        },
      },
    });
    expect(result).toMatchObject({ exitCode: 0, stderr: 'starting Temporal\n' });
    expect(result.stdout).toContain('Web UI    http://127.0.0.1:8233');
    expect(result.stdout).not.toContain('secret');
  });

  it('keeps the password out of --json, too', async () => {
    const { stdout } = await runFake(['up', '--json'], { stack: { up: () => Promise.resolve(ENDPOINTS) } });
    expect(JSON.parse(stdout)).toEqual({
      ok: true,
      temporal: ENDPOINTS.temporal,
      database: { address: 'postgres://signalbox@127.0.0.1:5432/signalbox', embedded: true },
    });
  });

  it('ends with 69 when it cannot be done', async () => {
    const up = () => Promise.reject(new RunError('STACK_PROGRAM_MISSING', 'no Temporal; install it'));
    expect(await runFake(['up'], { stack: { up } })).toMatchObject({
      exitCode: 69,
      stdout: '',
      stderr: '✖ no Temporal; install it (STACK_PROGRAM_MISSING)\n',
    });
  });
});

describe('down', () => {
  it.each([
    [[PART], '✓ the local stack is down; its data stays\n'],
    [[], 'the local stack was down already\n'],
  ])('with %j before', async (parts, stdout) => {
    const result = await runFake(['down'], {
      stack: { ps: () => Promise.resolve(parts), down: () => Promise.resolve() },
    });
    expect(result).toMatchObject({ exitCode: 0, stdout });
  });
});

describe('ps', () => {
  it('shows the parts and where they are', async () => {
    const stack = { ps: () => Promise.resolve([PART]), endpoints: () => Promise.resolve(ENDPOINTS) };
    const { stdout } = await runFake(['ps'], { stack });
    expect(stdout).toContain('temporal  running  42   127.0.0.1:7233  2026-11-22 09:02:11 UTC  1');
    expect(stdout).toContain('ended with SIGKILL');
    const json = await runFake(['ps', '--json'], { stack });
    expect(JSON.parse(json.stdout)).toMatchObject({ ok: true, parts: [PART] });
  });

  it('says so when nothing is up', async () => {
    const stack = { ps: () => Promise.resolve([]), endpoints: () => Promise.resolve(null) };
    const { stdout } = await runFake(['ps'], { stack });
    expect(stdout).toBe('the local stack is down (signalbox up brings it up)\n');
  });
});

describe('setup', () => {
  it('says what it did', async () => {
    const services = { setup: () => Promise.resolve(['tables made']) };
    expect(await runFake(['setup'], { services })).toMatchObject({ exitCode: 0, stdout: '✓ tables made\n' });
    const json = await runFake(['setup', '--json'], { services });
    expect(JSON.parse(json.stdout)).toEqual({ ok: true, done: ['tables made'] });
  });
});

describe('doctor', () => {
  const fine: Finding = { name: 'Node', verdict: 'ok', text: '20.19.0', advice: null };
  const odd: Finding = { name: 'git', verdict: 'warn', text: 'not found', advice: 'install git' };
  const bad: Finding = { name: 'Temporal', verdict: 'fail', text: 'away', advice: null };

  it.each([
    [[fine], 0, '✓ all is well'],
    [[fine, odd], 0, '✓ signalbox works here; warnings: 1'],
    [[fine, odd, bad], 69, '✖ 1 of 3 checks failed: Temporal'],
  ])('judges what it finds', async (findings, exitCode, verdict) => {
    const result = await runFake(['doctor'], { findings });
    expect(result.exitCode).toBe(exitCode);
    expect(result.stdout).toContain(verdict);
    for (const finding of findings) expect(result.stdout).toContain(finding.advice ?? finding.text);
  });

  it('is one object with --json', async () => {
    const { exitCode, stdout } = await runFake(['doctor', '--json'], { findings: [fine, bad] });
    expect(exitCode).toBe(69);
    expect(JSON.parse(stdout)).toEqual({
      ok: false,
      findings: [fine, bad],
      error: { code: 'DOCTOR_FOUND_FAULTS', message: '1 of 2 checks failed: Temporal' },
    });
  });
});

describe('worker', () => {
  it('serves until it is ended', async () => {
    let isServed = false;
    const runWorker = () => {
      isServed = true;
      return Promise.resolve();
    };
    expect((await runFake(['worker'], { services: { runWorker } })).exitCode).toBe(0);
    expect(isServed).toBe(true);
  });
});
