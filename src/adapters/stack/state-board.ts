import type { StackLayout } from './layout.js';
import { writeState, type PartRecord, type StackState } from './stack-state.js';

const MAX_LINES = 200;

/** The supervisor's view of the stack; every change is on file before it returns. */
export class StateBoard {
  constructor(
    private readonly layout: StackLayout,
    private state: StackState,
    private readonly now: () => Date,
  ) {
    this.write();
  }

  get current(): StackState {
    return this.state;
  }

  change(change: Partial<StackState>): void {
    this.state = { ...this.state, ...change };
    this.write();
  }

  /** One line for whoever waits. */
  tell(line: string): void {
    console.error(`${this.now().toISOString()} ${line}`);
    this.change({ lines: [...this.state.lines, line].slice(-MAX_LINES) });
  }

  readonly recordPart = (name: PartRecord['name'], change: Partial<PartRecord>): void => {
    const since = this.now().toISOString();
    const before = this.state.parts.find((part) => part.name === name) ?? newPart(name, since);
    const entered = change.state !== undefined && change.state !== before.state ? { since } : {};
    const after = { ...before, ...change, ...entered };
    if (change.state !== undefined)
      console.error(`${since} ${name} ${after.state} ${after.detail}`.trimEnd());
    this.change({ parts: [...this.state.parts.filter((part) => part.name !== name), after] });
  };

  /** A full disk must not end a stack that serves: what is on file is then older, and the next write mends it. */
  private write(): void {
    try {
      writeState(this.layout.stateFile, this.state);
    } catch (error) {
      if (this.state.phase === 'starting') throw error;
      console.error(`${this.now().toISOString()} the state could not be written: ${String(error)}`);
    }
  }
}

function newPart(name: PartRecord['name'], since: string): PartRecord {
  return { name, state: 'starting', process: null, address: null, since, restarts: 0, detail: '' };
}
