import { Context } from '@temporalio/activity';

type Activity = (input: never) => Promise<unknown>;

/** Which activities this process is executing, by Temporal's run id and activity id. */
export class ActivitiesHere {
  readonly #keys = new Map<string, number>();

  /** The same activities; while one of them runs, it is here. */
  track<Tracked extends { readonly [Name in keyof Tracked]: Activity }>(activities: Tracked): Tracked {
    const entries = Object.entries<Activity>(activities).map(
      ([name, activity]) => [name, (input: never) => this.#during(() => activity(input))] as const,
    );
    return Object.fromEntries(entries) as unknown as Tracked;
  }

  has(temporalRunId: string, activityId: string): boolean {
    return this.#keys.has(keyOf(temporalRunId, activityId));
  }

  async #during(work: () => Promise<unknown>): Promise<unknown> {
    const { workflowExecution, activityId } = Context.current().info;
    const key = keyOf(workflowExecution?.runId ?? '', activityId);
    this.#count(key, 1);
    try {
      return await work();
    } finally {
      this.#count(key, -1);
    }
  }

  /** A task that Temporal believed lost may come a second time while the first is still here. */
  #count(key: string, change: number): void {
    const count = (this.#keys.get(key) ?? 0) + change;
    if (count > 0) this.#keys.set(key, count);
    else this.#keys.delete(key);
  }
}

function keyOf(temporalRunId: string, activityId: string): string {
  return `${temporalRunId}/${activityId}`;
}
