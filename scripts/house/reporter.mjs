import { writeFileSync } from 'node:fs';

const PROGRESS_EVERY_MS = 10_000;
const plural = (count, word) => `${count} ${word}${count === 1 ? '' : 's'}`;

/** Tells of a long silence what runs, and leaves the counts in the file that `SIGNALBOX_TEST_COUNTS` names. */
export default class Reporter {
  #files = 0;
  #running = new Set();
  #ended = 0;
  #lastWord = Date.now();
  #timer;

  onTestRunStart(specifications) {
    this.#files = specifications.length;
    this.#timer = setInterval(() => this.#tellProgress(), PROGRESS_EVERY_MS);
    this.#timer.unref();
  }

  onTestModuleStart({ relativeModuleId }) {
    this.#running.add(relativeModuleId);
  }

  onTestModuleEnd({ relativeModuleId }) {
    this.#running.delete(relativeModuleId);
    this.#ended += 1;
    this.#lastWord = Date.now();
  }

  #tellProgress() {
    if (Date.now() - this.#lastWord < PROGRESS_EVERY_MS) return;
    console.log(
      `  … ${this.#ended} of ${plural(this.#files, 'file')} done, now ${[...this.#running].join(', ')}`,
    );
  }

  onTestRunEnd(modules, errors) {
    clearInterval(this.#timer);
    const statesOf = (module) => [...module.children.allTests()].map((test) => test.result().state);
    const count = (state) => modules.flatMap(statesOf).filter((one) => one === state).length;
    // A file or a suite that could not be set up has no failed test, and is a failure all the same.
    const broken = modules.filter(
      (module) => module.state() === 'failed' && !statesOf(module).includes('failed'),
    );
    const counts = {
      passed: count('passed'),
      failed: count('failed') + broken.length + errors.length,
      notRun: count('skipped') + count('pending'),
    };
    writeFileSync(process.env.SIGNALBOX_TEST_COUNTS, JSON.stringify(counts));
  }
}
