import { randomUUID } from 'node:crypto';
import { CancelledFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import type { OpenRunInput, WriteMirrorInput } from '../../src/contract/activities.js';
import { fromFailure } from '../../src/contract/failure.js';
import { RunError, type ErrorCode } from '../../src/core/errors.js';
import type { HostId, NodeId, WorkingPath } from '../../src/core/ids.js';
import { pathKey } from '../../src/core/lease/path-key.js';
import type { AttemptResult, AttemptTask, ScriptTask, ShellTask } from '../../src/core/run/task.js';
import type { TurnTask } from '../../src/core/run/turn-task.js';
import type { Scripts } from '../../src/ports/scripts.js';
import { makePermits } from '../../src/adapters/process/permits.js';
import { anOwner } from '../ports/box.contract.js';
import { aMockEnvironment, CALLER, raiseActivityStage } from '../support/activity-stage.js';
import { anOutput } from '../support/builders.js';
import { makeFakeEnvironmentStore } from '../support/fake-environment-store.js';
import { anEvent, anIdentity, aRow, aRunId, aWrite } from '../support/mirror-writes.js';
import { runsUntilStopped } from '../support/node-scripts.js';

const refusal = (call: Promise<unknown>): Promise<RunError | null> =>
  call.then(
    () => null,
    (error: unknown) => fromFailure(error),
  );

function anOpening(over: Partial<OpenRunInput['request']> = {}): OpenRunInput {
  return {
    request: {
      runId: aRunId(),
      hostId: 'here' as HostId,
      uid: 1000,
      workingPath: '/repo' as WorkingPath,
      message: 'hello',
      inputs: { issue: '7' },
      startedBy: 'me@laptop',
      baseBranch: null,
      startToken: randomUUID(),
      hasClientEnvironment: false,
      resume: null,
      ...over,
    },
    workflowName: 'fix-issue',
    startedAt: new Date(0).toISOString(),
    fenceToken: randomUUID(),
    isFirstExecution: true,
    row: aRow(),
    events: [anEvent(1)],
    runtimes: [],
  };
}

describe('openRun', () => {
  it('writes the row, and tells what the run needs to know of its host', async () => {
    const stage = raiseActivityStage();
    const input = anOpening();
    expect(await stage.call('openRun', input)).toEqual({
      epoch: '1',
      fenceToken: input.fenceToken,
      outputRoot: '/o',
      artifactsDir: '/o/a',
      stateDir: '/o/s',
      logDir: '/o/l',
      baseBranch: 'trunk',
      refusal: null,
      kept: [],
    });
    const [record] = await stage.table.findByPrefix(input.request.runId, 1);
    expect(record).toMatchObject({ workflowName: 'fix-issue', userMessage: 'hello', workingPath: '/repo' });
    expect(record).toMatchObject({ temporalWorkflowId: CALLER.temporalWorkflowId });
  });

  it('gives the same answer when it is asked again', async () => {
    const stage = raiseActivityStage();
    const input = anOpening();
    expect(await stage.call('openRun', input)).toEqual(await stage.call('openRun', input));
  });

  it('hands over what earlier generations of a resumed run have finished, and adopts its environment', async () => {
    const environment = makeFakeEnvironmentStore();
    const stage = raiseActivityStage({ environment });
    const first = anOpening();
    const { runId } = first.request;
    const { epoch } = await stage.call('openRun', first);
    const results = [{ nodeId: 'build', attempt: 2, output: anOutput('made') }];
    await stage.table.write(aWrite(runId, epoch, 2, { results }));
    const second = anOpening({ runId, resume: { epoch, error: null } });
    await environment.offer(
      second.request,
      { OF: 'the resumer' },
      { temporalNamespaceId: '', temporalWorkflowId: '' },
    );
    const [once, again] = [await stage.call('openRun', second), await stage.call('openRun', second)];
    expect(once).toMatchObject({ kept: results, fenceToken: second.fenceToken });
    expect(again).toEqual(once);
    expect(await environment.load(runId)).toEqual({ OF: 'the resumer' });
  });

  it('adopts nothing of a resume that was not let in', async () => {
    const environment = makeFakeEnvironmentStore();
    const stage = raiseActivityStage({ environment });
    const first = anOpening();
    const { runId } = first.request;
    await stage.call('openRun', first);
    const late = anOpening({ runId, resume: { epoch: '77', error: null } });
    await environment.offer(late.request, {}, { temporalNamespaceId: '', temporalWorkflowId: '' });
    expect(await refusal(stage.call('openRun', late))).toMatchObject({ code: 'RUN_NOT_RESUMABLE' });
    expect(await environment.load(runId)).toBeNull();
  });

  it('takes the base branch that was asked for', async () => {
    const stage = raiseActivityStage();
    expect(await stage.call('openRun', anOpening({ baseBranch: 'next' }))).toMatchObject({
      baseBranch: 'next',
    });
  });

  it.each([
    ['closed', { ...CALLER, isOpen: false, statusName: 'TERMINATED' }],
    ['overtaken', { ...CALLER, temporalRunId: randomUUID(), isOpen: true, statusName: 'RUNNING' }],
    ['forgotten', null],
  ])('writes nothing for an execution that is %s by now', async (_what, current) => {
    const stage = raiseActivityStage();
    stage.current = current;
    const input = anOpening();
    expect(await refusal(stage.call('openRun', input))).toMatchObject({ code: 'FENCED' });
    expect(await stage.table.findByPrefix(input.request.runId, 1)).toEqual([]);
  });

  it('opens the box of the run, in whose Temporal it is, and says in its row how strictly it holds', async () => {
    const stage = raiseActivityStage();
    const input = anOpening();
    await stage.call('openRun', input);
    const { runId, workingPath, hostId } = input.request;
    expect([...stage.box.owners.values()]).toEqual([
      {
        ...{ runId, workingPath, pathKey: pathKey(hostId, workingPath), fenceToken: input.fenceToken },
        temporalWorkflowId: CALLER.temporalWorkflowId,
        ...{ temporalAddress: 'here:7233', temporalNamespaceId: 'a-namespace' },
      },
    ]);
    const [record] = await stage.table.findByPrefix(runId, 1);
    expect(record?.metadata).toMatchObject({ containment_level: stage.box.level });
  });

  const boxThatRefuses = (code: ErrorCode) => ({
    ...raiseActivityStage().box,
    ensureOpen: () => Promise.reject(new RunError(code, 'not now')),
  });

  it.each<ErrorCode>(['LEASE_HELD', 'PATH_STILL_OCCUPIED', 'NODE_UNSTARTABLE', 'CONTAINMENT_TOO_WEAK'])(
    'tells a run that has its row that its box may not open: %s',
    async (code) => {
      const stage = raiseActivityStage({ box: boxThatRefuses(code) });
      expect(await stage.call('openRun', anOpening())).toMatchObject({
        refusal: { code, message: 'not now' },
      });
    },
  );

  it.each<ErrorCode>(['FENCED', 'TEMPORAL_UNREACHABLE'])(
    'opens nothing, and is not done, when the box says %s',
    async (code) => {
      const stage = raiseActivityStage({ box: boxThatRefuses(code) });
      expect(await refusal(stage.call('openRun', anOpening()))).toMatchObject({ code });
    },
  );

  it.each<[ErrorCode, Partial<OpenRunInput['request']>]>([
    ['WRONG_HOST', { hostId: 'there' as HostId }],
    ['WRONG_HOST', { uid: 0 }],
  ])('refuses what is not its own: %s', async (code, over) => {
    const stage = raiseActivityStage();
    expect(await refusal(stage.call('openRun', anOpening(over)))).toMatchObject({ code });
  });

  it('refuses a run that needs an agent, before it has a row or a box', async () => {
    const stage = raiseActivityStage();
    const input = { ...anOpening(), agents: ['fix', 'rounds.review'] };
    const refused = await refusal(stage.call('openRun', input));
    expect(refused).toMatchObject({ code: 'AGENT_UNSUPPORTED' });
    expect(refused?.message).toContain("'fix', 'rounds.review'");
    expect(await stage.table.newestGeneration(input.request.runId)).toBeNull();
    expect(stage.box.owners.size).toBe(0);
  });
});

describe('runTurn', () => {
  it('is refused: no host has agents', async () => {
    const stage = raiseActivityStage();
    const task = { runId: aRunId(), nodeId: 'fix' } as unknown as TurnTask;
    expect(await refusal(stage.call('runTurn', { owner: anOwner(), task }))).toMatchObject({
      code: 'AGENT_UNSUPPORTED',
    });
  });
});

describe('openRun of a run with scripts', () => {
  const scripts = (requireRuntimes: Scripts['requireRuntimes']): Scripts => ({
    requireRuntimes,
    run: () => Promise.reject(new Error('no script was asked for')),
  });

  it('asks for what they need, and refuses the run without opening its box', async () => {
    const asked: unknown[] = [];
    const refuse: Scripts['requireRuntimes'] = (run, runtimes) => {
      asked.push([run.runId, runtimes]);
      return Promise.reject(new RunError('RUNTIME_MISSING', 'there is no uv'));
    };
    const stage = raiseActivityStage({ scripts: scripts(refuse) });
    const input: OpenRunInput = { ...anOpening(), runtimes: ['bun', 'uv'] };
    expect(await stage.call('openRun', input)).toMatchObject({
      refusal: { code: 'RUNTIME_MISSING', message: 'there is no uv' },
    });
    expect(asked).toEqual([[input.request.runId, ['bun', 'uv']]]);
    expect(stage.box.owners.size).toBe(0);
  });

  it('lets it in where everything is there', async () => {
    const stage = raiseActivityStage({ scripts: scripts(() => Promise.resolve()) });
    expect(await stage.call('openRun', { ...anOpening(), runtimes: ['uv'] })).toMatchObject({
      refusal: null,
    });
  });
});

describe('writeMirror', () => {
  const opened = async () => {
    const stage = raiseActivityStage();
    const input = anOpening();
    const { epoch } = await stage.call('openRun', input);
    return { stage, epoch, runId: input.request.runId };
  };
  const ofReset = (runId: string): WriteMirrorInput['generation'] => ({
    identity: anIdentity({ runId: runId as never, temporalWorkflowId: CALLER.temporalWorkflowId }),
    fenceToken: 'made by a reset',
    temporalRunId: CALLER.temporalRunId,
  });

  it('writes under the epoch that the run was opened with', async () => {
    const { stage, epoch, runId } = await opened();
    await stage.call('writeMirror', { write: aWrite(runId, epoch, 2), generation: null });
    expect(await stage.table.events(runId)).toHaveLength(2);
  });

  it('takes an epoch of its own for an execution that a reset has made, once', async () => {
    const { stage, epoch, runId } = await opened();
    await stage.call('writeMirror', { write: aWrite(runId, epoch, 5), generation: null });
    const generation = ofReset(runId);
    for (const seq of [3, 4]) {
      const row = aRow({ status: 'paused', lastActivityAt: new Date(seq).toISOString() });
      await stage.call('writeMirror', { write: aWrite(runId, epoch, seq, { row }), generation });
    }
    const [record] = await stage.table.findByPrefix(runId, 1);
    expect(record).toMatchObject({ status: 'paused', lastActivityAt: new Date(4).toISOString() });
    expect(await stage.table.events(runId)).toHaveLength(4);
  });

  it('writes nothing for a reset execution that was overtaken, and everything for one that only closed', async () => {
    const { stage, epoch, runId } = await opened();
    const input = { write: aWrite(runId, epoch, 2), generation: ofReset(runId) };
    stage.current = { ...CALLER, temporalRunId: randomUUID(), isOpen: true, statusName: 'RUNNING' };
    expect(await refusal(stage.call('writeMirror', input))).toMatchObject({ code: 'FENCED' });
    expect(await stage.table.events(runId)).toHaveLength(1);
    stage.current = { ...CALLER, isOpen: false, statusName: 'COMPLETED' };
    await stage.call('writeMirror', input);
    expect(await stage.table.events(runId)).toHaveLength(2);
  });
});

describe('closeRun', () => {
  const close = { runId: 'a', fenceToken: 'first', graceMs: 10, terminal: null, cancelReason: null };

  it('of an earlier generation leaves the box and the environment of the one that was resumed, and says so', async () => {
    const removed: string[] = [];
    const environment = {
      ...{ save: () => Promise.resolve(), load: () => Promise.resolve(null), offer: () => Promise.resolve() },
      ...{ adopt: () => Promise.resolve(), withdraw: () => Promise.resolve() },
      remove: (runId: string) => {
        removed.push(runId);
        return Promise.resolve();
      },
    };
    const stage = raiseActivityStage({ environment });
    const resumed = anOwner({
      runId: 'a',
      fenceToken: 'second',
      temporalWorkflowId: CALLER.temporalWorkflowId,
    });
    await stage.box.ensureOpen(resumed, 'the execution of the resume');
    const logged: string[] = [];
    const caller = aMockEnvironment((message) => logged.push(message));
    await stage.call('closeRun', close, caller);
    expect([await stage.box.list(), removed]).toEqual([[resumed], []]);
    expect(logged).toEqual([expect.stringContaining('a later generation of the run works already')]);
    await stage.call('closeRun', { ...close, fenceToken: 'second' }, caller);
    expect([await stage.box.list(), removed]).toEqual([[], ['a']]);
  });

  it('closes the box, and says that nothing was to be written', async () => {
    const stage = raiseActivityStage();
    expect(await stage.call('closeRun', close)).toEqual({ isMirrored: false });
  });

  it('does not write the end while processes live', async () => {
    const box = {
      ...raiseActivityStage().box,
      close: () => Promise.reject(new RunError('PATH_STILL_OCCUPIED', 'pid 7 does not die')),
    };
    const stage = raiseActivityStage({ box });
    const write = aWrite(aRunId(), '1', 1);
    const call = stage.call('closeRun', {
      ...close,
      terminal: { write, generation: null },
      cancelReason: 'why',
    });
    expect(await refusal(call)).toMatchObject({ code: 'PATH_STILL_OCCUPIED' });
    expect(stage.cancelled).toEqual([]);
  });

  it('is done without a table: that is an answer', async () => {
    const stage = raiseActivityStage();
    stage.table.isAway = true;
    const terminal = { write: aWrite(aRunId(), '1', 1), generation: null };
    expect(await stage.call('closeRun', { ...close, terminal })).toEqual({ isMirrored: false });
  });

  it('is done though a file cannot be removed', async () => {
    const environment = {
      save: () => Promise.resolve(),
      load: () => Promise.resolve(null),
      offer: () => Promise.resolve(),
      adopt: () => Promise.resolve(),
      withdraw: () => Promise.resolve(),
      remove: () => Promise.reject(new Error('EACCES')),
    };
    const logged: string[] = [];
    const caller = aMockEnvironment((message) => logged.push(message));
    expect(await raiseActivityStage({ environment }).call('closeRun', close, caller)).toEqual({
      isMirrored: false,
    });
    expect(logged).toContain('the environment that the client left cannot be removed');
  });

  it('has Temporal cancel its caller, if that is to end as cancelled', async () => {
    const stage = raiseActivityStage();
    await stage.call('closeRun', { ...close, cancelReason: 'cancelled by ann' });
    expect(stage.cancelled).toEqual(['cancelled by ann']);
  });
});

it('closeRun is done though Temporal takes no cancellation', async () => {
  const executions = {
    describe: () => Promise.resolve(null),
    cancel: () => Promise.reject(new RunError('TEMPORAL_UNREACHABLE', 'permission denied')),
  };
  const logged: string[] = [];
  const caller = aMockEnvironment((message) => logged.push(message));
  const input = { runId: 'a', graceMs: 10, terminal: null, cancelReason: 'cancelled by ann' };
  await raiseActivityStage({ executions }).call('closeRun', input, caller);
  expect(logged).toContain('Temporal was not asked to cancel the execution');
});

describe('runShell', () => {
  const task = {
    runId: 'a',
    nodeId: 'build' as NodeId,
    attempt: 1,
    attemptId: 'build.1',
    graceMs: 10,
  } as ShellTask;
  const owner = {
    runId: 'a',
    workingPath: '/repo',
    pathKey: 'k',
    temporalWorkflowId: 'w',
    fenceToken: 't',
  };

  it('opens the box for its owner, in whose Temporal it is', async () => {
    const shell = { run: () => Promise.reject(new RunError('LEASE_HELD', 'somebody is there')) };
    const stage = raiseActivityStage({ shell });
    expect(await refusal(stage.call('runShell', { owner, task }))).toMatchObject({ code: 'LEASE_HELD' });
    expect([...stage.box.owners.values()]).toEqual([
      { ...owner, temporalAddress: 'here:7233', temporalNamespaceId: 'a-namespace' },
    ]);
  });

  it('heartbeats while the node runs, and ends with the reason that Temporal gave', async () => {
    const environment = aMockEnvironment();
    const beat = new Promise<void>((resolve) => environment.on('heartbeat', () => resolve()));
    const stage = raiseActivityStage({ shell: { run: runsUntilStopped } });
    const call = stage.call('runShell', { owner, task }, environment);
    await beat;
    environment.cancel('PAUSED');
    await expect(call).rejects.toThrow(new CancelledFailure('PAUSED'));
  });

  it.each([
    ['an AbortError', new DOMException('This operation was aborted', 'AbortError')],
    ['an error of ours', new RunError('PATH_STILL_OCCUPIED', 'pid 7 does not die')],
  ])('ends with that reason also when the node throws %s', async (_what, error) => {
    const environment = aMockEnvironment();
    const shell = {
      run: (same: ShellTask, signal: AbortSignal) =>
        runsUntilStopped(same, signal).catch(() => Promise.reject(error as Error)),
    };
    const call = raiseActivityStage({ shell }).call('runShell', { owner, task }, environment);
    environment.cancel('CANCELLED');
    await expect(call).rejects.toThrow(new CancelledFailure('CANCELLED'));
  });
});

describe('an attempt of a node', () => {
  const owner = { runId: 'a', workingPath: '/repo', pathKey: 'k', temporalWorkflowId: 'w', fenceToken: 't' };
  const task = { runId: 'a', nodeId: 'build', attempt: 1, attemptId: 'build.1', graceMs: 10 } as AttemptTask;
  const shellTask = (over: Partial<AttemptTask> = {}) => ({ owner, task: { ...task, ...over } as ShellTask });
  const done: AttemptResult = { kind: 'completed', output: anOutput('made'), stderr: '', durationMs: 1 };

  it('waits for a permit, says so with its heartbeats, and opens no box before', async () => {
    const permits = makePermits(1);
    const giveBack = await permits.acquire(new AbortController().signal, () => undefined);
    const stage = raiseActivityStage({ permits, shell: { run: () => Promise.resolve(done) } });
    const environment = aMockEnvironment();
    const shown = new Promise((resolve) => environment.on('heartbeat', resolve));
    const call = stage.call('runShell', shellTask(), environment);
    expect(await shown).toEqual({ waitsFor: 'permit' });
    expect(stage.box.owners.size).toBe(0);
    giveBack();
    expect(await call).toEqual(done);
    expect(stage.box.owners.size).toBe(1);
  });

  it('says nothing once it works', async () => {
    const environment = aMockEnvironment();
    const beat = new Promise((resolve) => environment.on('heartbeat', resolve));
    const stage = raiseActivityStage({ shell: { run: runsUntilStopped } });
    const call = stage.call('runShell', shellTask(), environment);
    expect(await beat).toBeUndefined();
    environment.cancel('CANCELLED');
    await expect(call).rejects.toThrow(new CancelledFailure('CANCELLED'));
  });

  it.each([
    ['completed', () => Promise.resolve(done)],
    ['failed', () => Promise.reject(new Error('broken'))],
  ])('gives its permit back when it has %s', async (_how, run) => {
    const permits = makePermits(1);
    const stage = raiseActivityStage({ permits, shell: { run } });
    await stage.call('runShell', shellTask()).catch(() => undefined);
    await permits.acquire(new AbortController().signal, () => expect.unreachable('there is one'));
  });

  it('that is cancelled while it waits has begun nothing', async () => {
    const permits = makePermits(1);
    await permits.acquire(new AbortController().signal, () => undefined);
    const environment = aMockEnvironment();
    const shown = new Promise((resolve) => environment.on('heartbeat', resolve));
    const stage = raiseActivityStage({ permits });
    const call = stage.call('runShell', shellTask(), environment);
    await shown;
    environment.cancel('CANCELLED');
    await expect(call).rejects.toThrow(new CancelledFailure('CANCELLED'));
    expect(stage.box.owners.size).toBe(0);
  });

  it('of a script node is run by what runs scripts', async () => {
    const scripts: Scripts = { requireRuntimes: () => Promise.resolve(), run: () => Promise.resolve(done) };
    expect(
      await raiseActivityStage({ scripts }).call('runScript', { owner, task: task as ScriptTask }),
    ).toEqual(done);
  });

  it('leaves its output as an artifact where that is asked for', async () => {
    const stage = raiseActivityStage({ shell: { run: () => Promise.resolve(done) } });
    expect(
      await stage.call(
        'runShell',
        shellTask({ artifact: { nodeId: 'build' as NodeId, outputType: 'plan' } }),
      ),
    ).toMatchObject({
      ...done,
      artifact: { nodeId: 'build', outputType: 'plan', path: 'nodes/build.md', runId: 'a', size: 4 },
    });
  });

  it('has failed when that cannot be kept', async () => {
    const artifacts = {
      keep: () => Promise.reject(new RunError('ARTIFACT_UNWRITABLE', 'its name is taken')),
    };
    const stage = raiseActivityStage({ artifacts, shell: { run: () => Promise.resolve(done) } });
    expect(
      await stage.call(
        'runShell',
        shellTask({ artifact: { nodeId: 'build' as NodeId, outputType: 'plan' } }),
      ),
    ).toEqual({
      kind: 'failed',
      failure: { code: 'ARTIFACT_UNWRITABLE', message: "Node 'build': its name is taken" },
      durationMs: 1,
    });
  });
});

describe('storeOutputs', () => {
  it('moves the text of each output and of each of its fields', async () => {
    const outputs = {
      store: (directory: string, text: { kind: string }) =>
        Promise.resolve({
          kind: 'file',
          path: `${directory}/${JSON.stringify(text)}`,
          bytes: 1,
          sha256: '',
          excerpt: '',
        }),
    };
    const stage = raiseActivityStage({ outputs: outputs as never });
    const moved = await stage.call('storeOutputs', {
      runId: 'a',
      artifactsDir: '/a',
      outputs: { one: anOutput('{"x":1}', ['x']), two: anOutput('plain') },
    });
    expect(moved).toMatchObject({
      one: { text: { kind: 'file' }, fields: { x: { type: 'number', text: { kind: 'file' } } } },
      two: { text: { kind: 'file' }, fields: null },
    });
  });
});
