import type { WorkflowSource } from './read-workflow.js';
import type { TestRun } from './test-run.js';
import { createTestbed, type Testbed, type TestOptions } from './testbed.js';

const TICK_MS = 250;
/** After the last run is over: the next test of the file has begun by then. */
const UNUSED_TICKS = 2;
/** A run that a test has left open must not keep the process for ever. */
const FORGOTTEN_TICKS = 40;

/**
 * Runs a workflow on the testbed that all tests of this process share: the first of them raises it. It ends by itself
 * soon after its last run is over or closed, and ten seconds after the last question about a run that is not.
 * @throws RunError as `Testbed.run`, and as `createTestbed`
 */
export async function testWorkflow(source: WorkflowSource, options: TestOptions = {}): Promise<TestRun> {
  shared ??= new SharedTestbed(() => (shared = null));
  return shared.run(source, options);
}

let shared: SharedTestbed | null = null;

class SharedTestbed {
  readonly #raised: Promise<Testbed>;
  readonly #timer: NodeJS.Timeout;
  #asked = 0;
  #openRuns = 0;
  /** Counted, not measured: a process that a debugger has stopped does not count. */
  #idleTicks = 0;

  constructor(private readonly onEnd: () => void) {
    this.#raised = createTestbed({}, { begin: this.#begin, open: this.#open });
    this.#timer = setInterval(() => {
      this.#tick();
    }, TICK_MS);
  }

  async run(source: WorkflowSource, options: TestOptions): Promise<TestRun> {
    const end = this.#begin();
    try {
      const testbed = await this.#raised.catch((error: unknown) => {
        this.#end();
        throw error;
      });
      return await testbed.run(source, options);
    } finally {
      end();
    }
  }

  readonly #begin = (): (() => void) => this.#counted((change) => (this.#asked += change));
  readonly #open = (): (() => void) => this.#counted((change) => (this.#openRuns += change));

  #counted(count: (change: 1 | -1) => void): () => void {
    count(1);
    return () => {
      this.#idleTicks = 0;
      count(-1);
    };
  }

  #tick(): void {
    this.#idleTicks = this.#asked > 0 ? 0 : this.#idleTicks + 1;
    if (this.#idleTicks < (this.#openRuns > 0 ? FORGOTTEN_TICKS : UNUSED_TICKS)) return;
    this.#end();
    void this.#raised.then((testbed) => testbed.close());
  }

  #end(): void {
    clearInterval(this.#timer);
    this.onEnd();
  }
}
