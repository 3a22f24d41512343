import { randomUUID } from 'node:crypto';
import { CONTRACT_VERSION, type StartRequest } from '../contract/start-request.js';
import { runStart } from '../contract/run-start.js';
import { checkMessage } from '../client/limits.js';
import type { RunSource } from '../client/load-source.js';
import { prepareSource } from '../client/prepare-source.js';
import { resolveInputs } from '../client/resolve-inputs.js';
import { RunError } from '../core/errors.js';
import type { RunId, WorkingPath } from '../core/ids.js';
import type { WorkflowCode } from '../../worker/make-worker.js';
import { Books } from './books.js';
import { knownNodes } from './known-nodes.js';
import { LargeTexts } from './large-texts.js';
import { readWorkflow, type WorkflowSource } from './read-workflow.js';
import { RunBook } from './run-book.js';
import { raiseTestServer, TEST_HOST, type RaisedServer } from './raise-server.js';
import { checkStubs, type Stub } from './stubs.js';
import { TestRun } from './test-run.js';

/** How a workflow is tested. Every part may be left out. */
export interface TestOptions {
  /** What stands in for the work of nodes, by node id. A node that is reached and has no stub fails the test. */
  readonly nodes?: Readonly<Record<string, Stub>>;
  /** What stands in for all nodes that `nodes` does not name. */
  readonly otherwise?: Stub;
  /** Inputs by name; declared defaults are filled in. */
  readonly inputs?: Readonly<Record<string, string>>;
  /** What the run is told (`$ARGUMENTS`); default: nothing. */
  readonly message?: string;
  /** What `$BASE_BRANCH` stands for; default `main`. */
  readonly baseBranch?: string;
  /** Variables that nodes find besides those of the language. The environment of the test is not handed on. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Whether a run with `evidence_policy` finds its `evidence.json`; default true. */
  readonly leavesEvidence?: boolean;
}

export interface TestbedOptions {
  /** The workflow code of another build than this package's own. */
  readonly workflowCode?: WorkflowCode;
}

/**
 * A Temporal server whose time can be skipped, with a worker: raised once, many workflows are tested on it. Its clock
 * is one: time that one run skips passes for all runs on it, so tests of waits belong one after the other.
 */
export interface Testbed {
  /**
   * Starts a run and lets it come as far as it does by itself: to its end, or to where it waits for a person.
   * Delays between attempts pass at once.
   * @throws RunError `WORKFLOW_NOT_FOUND` · `DEFINITION_INVALID` · `INPUT_INVALID` · `MESSAGE_INVALID` · `USAGE` stubs
   *   that do not fit · `STUB_MISSING` a node was reached that has none
   */
  run(source: WorkflowSource, options?: TestOptions): Promise<TestRun>;
  /** Ends server and worker; runs that are still open are gone. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Told who uses a testbed. */
export interface Usage {
  /** Somebody asks something of a run, until the returned function is called. */
  readonly begin: () => () => void;
  /** A run is open, until the returned function is called. */
  readonly open: () => () => void;
}

const UNWATCHED: Usage = { begin: () => () => undefined, open: () => () => undefined };

/**
 * Raises a testbed of its own, which takes a second or two. `testWorkflow` shares one among the tests of a process.
 * @throws RunError `STACK_PROGRAM_MISSING` there is no test server, and none can be had · `STACK_PART_FAILED` ·
 *   `STACK_PORTS_TAKEN` · `CONFIG_INVALID`
 */
export async function createTestbed(options: TestbedOptions = {}, usage = UNWATCHED): Promise<Testbed> {
  const texts = new LargeTexts();
  const books = new Books();
  const server = await raiseTestServer({
    workflowCode: options.workflowCode,
    texts,
    books,
  });
  let closing: Promise<void> | null = null;
  const close = (): Promise<void> => (closing ??= server.close());
  return {
    run: async (source, testOptions = {}) => {
      if (closing !== null) throw new RunError('USAGE', 'this testbed is closed: create another');
      const end = usage.begin();
      try {
        const read = await readWorkflow(source);
        const book = bookFor(read, testOptions);
        books.add(book);
        return await startRun({ source: read, server, texts, book, usage }, testOptions);
      } finally {
        end();
      }
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

function bookFor(source: RunSource, options: TestOptions): RunBook {
  const { nodes = {}, otherwise, environment = {} } = options;
  checkStubs(nodes, knownNodes(source));
  const configured = { ...source.config.environment, ...environment };
  return new RunBook(randomUUID() as RunId, source.definition.name, {
    nodes,
    otherwise,
    environment: configured,
    leavesEvidence: options.leavesEvidence ?? true,
  });
}

interface Stage {
  readonly source: RunSource;
  readonly server: RaisedServer;
  readonly texts: LargeTexts;
  readonly book: RunBook;
  readonly usage: Usage;
}

async function startRun(stage: Stage, options: TestOptions): Promise<TestRun> {
  const { server, source, book, texts } = stage;
  const { message = '', inputs = {} } = options;
  checkMessage(message);
  const { definition, library, texts: stored } = prepareSource(source);
  await texts.put(stored);
  const request: StartRequest = {
    contractVersion: CONTRACT_VERSION,
    runId: book.runId,
    startToken: randomUUID(),
    ...TEST_HOST,
    workingPath: `/testbed/${book.runId}` as WorkingPath,
    definition,
    message,
    inputs: resolveInputs(definition, inputs),
    baseBranch: options.baseBranch ?? null,
    hasClientEnvironment: false,
    startedBy: 'test',
    searchAttributes: [],
    graceMs: 0,
    heartbeatTimeoutMs: 3_600_000,
    docsPath: source.config.docsPath,
    resume: null,
    worktrees: {
      repository: { directory: `/testbed/${book.runId}`, remoteUrl: null },
      settings: source.config.worktree,
      archonHome: '/testbed',
    },
    ...(Object.keys(library).length === 0 ? {} : { library }),
  };
  const handle = await server.client.workflow.start('run', runStart(request));
  const { begin, open } = stage.usage;
  const { warnings } = source;
  const definitions = new Map(Object.entries({ ...source.library, [definition.name]: source.definition }));
  return new TestRun({ ...stage, definition, definitions, warnings, handle, begin, onOver: open() }).begun();
}
