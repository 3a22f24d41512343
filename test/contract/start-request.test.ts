import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CONTRACT_VERSION, parseStartRequest } from '../../src/contract/start-request.js';
import { RunError } from '../../src/core/errors.js';
import { aBashNode, aCancelNode, aDefinition, aGate } from '../support/builders.js';
import { aRequest } from '../support/run-stage.js';
import { planWorktree, type WorktreeGround } from '../../src/core/isolation/plan-worktree.js';
import { DEFAULT_WORKTREE_SETTINGS } from '../../src/core/isolation/worktree-order.js';

const definition = aDefinition([
  aBashNode('build', { retry: { maxAttempts: 2, delayMs: 1_000, onError: 'all' } }),
  aGate('review', {
    needs: ['build'],
    decisions: [{ id: 'yes', label: null }],
    when: "$build.output == 'x'",
  }),
  aCancelNode('stop', { needs: ['review'] }),
]);
const request = aRequest(definition, { inputs: { issue: '7' } });

const refusal = (value: unknown): RunError => {
  try {
    parseStartRequest(value);
  } catch (error) {
    if (error instanceof RunError) return error;
    throw error;
  }
  throw new Error('it was accepted');
};

const ground: WorktreeGround = {
  repository: { directory: '/repo', remoteUrl: null },
  settings: DEFAULT_WORKTREE_SETTINGS,
  archonHome: '/home/me/.archon',
};
const { order } = planWorktree(ground, { identifier: 'x', from: null, base: 'main' });

describe('a start request', () => {
  it('may order a worktree, and say where those of sub-runs lie', () => {
    const ordered = { ...request, worktree: order, worktrees: ground };
    expect(parseStartRequest(ordered)).toBe(ordered);
  });

  it('is accepted as the client makes it, also after a journey as JSON', () => {
    expect(parseStartRequest(request)).toBe(request);
    expect(parseStartRequest(JSON.parse(JSON.stringify(request)))).toEqual(request);
  });

  it('of a client that knows no resumes starts a new run', () => {
    const { resume, ...older } = request;
    expect(resume).toBeNull();
    expect(parseStartRequest(older)).toEqual(request);
    const again = { ...request, resume: { epoch: '7', error: 'broken' } };
    expect(parseStartRequest(again)).toBe(again);
  });

  it.each([
    [{ runId: 'nonsense' }, 'runId is no UUID'],
    [{ runId: request.runId.toUpperCase() }, 'runId is no UUID'],
    [{ startToken: undefined }, 'startToken is no UUID'],
    [{ hostId: '' }, 'hostId is no name'],
    [{ uid: -1 }, 'uid is no count'],
    [{ uid: 1.5 }, 'uid is no count'],
    [{ workingPath: '' }, 'workingPath is no path'],
    [{ message: 7 }, 'message is no text'],
    [{ inputs: { issue: 7 } }, 'inputs is no map of texts'],
    [{ inputs: [] }, 'inputs is no map of texts'],
    [{ baseBranch: undefined }, 'baseBranch is no text'],
    [{ hasClientEnvironment: 'yes' }, 'hasClientEnvironment is no flag'],
    [{ startedBy: null }, 'startedBy is no text'],
    [{ searchAttributes: [1] }, 'searchAttributes is no list of texts'],
    [{ graceMs: Number.NaN }, 'graceMs is no count'],
    [{ heartbeatTimeoutMs: '5m' }, 'heartbeatTimeoutMs is no count'],
    [{ resume: {} }, 'resume is no resumption'],
    [{ resume: { epoch: 7, error: null } }, 'resume is no resumption'],
    [{ resume: { epoch: '-7', error: null } }, 'resume is no resumption'],
    [{ resume: { epoch: '7', error: 7 } }, 'resume is no resumption'],
    [{ worktree: null }, 'worktree is no order for one'],
    [{ worktree: { ...order, repository: 'relative' } }, 'worktree is no order for one'],
    [{ worktree: { ...order, copyFiles: [1] } }, 'worktree is no order for one'],
    [{ worktrees: { ...ground, archonHome: '' } }, 'worktrees is no place for some'],
    [{ worktrees: { ...ground, settings: {} } }, 'worktrees is no place for some'],
    [{ definition: null }, 'definition is no object'],
    [{ definition: { ...definition, name: '' } }, 'definition has no name'],
    [{ definition: { ...definition, schedule: 'anyhow' } }, 'definition has no schedule'],
    [{ definition: { ...definition, nodes: [] } }, 'definition has no nodes'],
    [{ contractVersion: '1' }, 'contractVersion is no version'],
    [{ contractVersion: 0 }, 'contractVersion is no version'],
  ])('is refused with %j', (part, fault) => {
    const error = refusal({ ...request, ...part });
    expect(error).toMatchObject({ code: 'START_REQUEST_INVALID' });
    expect(error.message).toContain(`malformed: ${fault}. Start runs with signalbox run`);
  });

  const [build, review, stop] = definition.nodes;
  it.each([
    ['is no object', [null]],
    ['has no id', [{ ...build!, id: '' }]],
    ['is of no known kind', [{ ...build!, kind: 'step' }]],
    ['is of no known kind', [{ ...build!, kind: 'constructor' }]],
    ['has no text', [{ ...build!, script: 'rm -rf /' }]],
    ['has no text', [{ ...build!, kind: 'script', source: { kind: 'inline', text: 'x' } }]],
    ['has no runtime', [{ ...build!, kind: 'script', source: { kind: 'named', name: 'x' } }]],
    ['has no text', [{ ...build!, kind: 'agent', prompt: { kind: 'command' } }]],
    ['has no settings', [{ ...build!, kind: 'agent', prompt: { kind: 'command', name: 'x' } }]],
    ['does not say how it ends', [{ ...build!, kind: 'loop_group', body: { nodes: [] } }]],
    ['has no body', [{ ...build!, kind: 'loop_group', rules: { maxIterations: 1 } }]],
    ['names no workflow', [{ ...build!, kind: 'workflow' }]],
    ['has unreadable values', [{ ...build!, bindings: [] }]],
    ['has no timeout', [{ ...build!, timeoutMs: null }]],
    ['has no decisions', [{ ...review!, decisions: 'yes', dependsOn: [] }]],
    ['has no trigger rule', [{ ...build!, triggerRule: 'sometimes' }]],
    ['does not say what it reads', [{ ...build!, references: undefined }]],
    ['has an unreadable condition', [{ ...build!, when: 'always' }]],
    ['has no place in the graph', [{ ...build!, layer: 'first' }]],
    ['depends on what is not before it', [{ ...build!, dependsOn: [0] }]],
    ['depends on what is not before it', [{ ...build!, dependsOn: [7] }]],
  ])('is refused when a node %s', (fault, nodes) => {
    expect(refusal({ ...request, definition: { ...definition, nodes } }).message).toContain(
      `node 1 ${fault}`,
    );
  });

  it('is refused when nodes share an id, or wait for each other', () => {
    const nodes = [build!, { ...review!, id: 'build' }, { ...stop!, dependsOn: [2], layer: 2 }];
    const { message } = refusal({ ...request, definition: { ...definition, nodes } });
    expect(message).toContain('two nodes have one id');
    expect(message).toContain('node 3 depends on what is not before it');
  });

  it('names every fault at once', () => {
    const { message } = refusal({ ...request, uid: null, graceMs: null, definition: [] });
    expect(message).toContain('uid is no count; graceMs is no count; definition is no object');
  });

  it.each([undefined, null, 7, 'start', [], () => undefined])('is no %j', (value) => {
    expect(refusal(value)).toMatchObject({ code: 'START_REQUEST_INVALID' });
  });

  it('of a newer contract is refused before anything else is looked at', () => {
    const error = refusal({ contractVersion: CONTRACT_VERSION + 1 });
    expect(error).toMatchObject({ code: 'CONTRACT_TOO_NEW' });
    expect(error.message).toContain('signalbox up');
  });

  it('with a path that is not resolved is refused', () => {
    expect(refusal({ ...request, workingPath: '/home/../etc' })).toMatchObject({ code: 'PATH_NOT_ABSOLUTE' });
  });

  it('that is anything at all is accepted or refused with a code', () => {
    const anything = fc.anything({ maxDepth: 4 });
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(request)), anything, (field, value) => {
        try {
          parseStartRequest({ ...request, [field]: value });
        } catch (error) {
          expect(error).toBeInstanceOf(RunError);
        }
      }),
    );
    fc.assert(
      fc.property(
        fc.array(fc.record({ id: anything, kind: anything, dependsOn: anything, layer: anything })),
        (nodes) => {
          expect(refusal({ ...request, definition: { ...definition, nodes } })).toBeInstanceOf(RunError);
        },
      ),
    );
  });
});
