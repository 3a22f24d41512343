import { executeChild, proxyActivities } from '@temporalio/workflow';

const { spawnBash } = proxyActivities({
  startToCloseTimeout: '1 minute',
  heartbeatTimeout: '1 minute',
  retry: { maximumAttempts: 1 },
});

/** What the product is compared with: the same commands, one activity each, and nothing else. */
export async function bareChain(scripts) {
  for (const script of scripts) await spawnBash(script);
}

/** As many children as asked for, so many at a time, each of one such activity. */
export async function bareFanOut(children, atOnce, script) {
  let next = 0;
  const takeTurns = async () => {
    while (next < children) {
      next += 1;
      await executeChild(bareChain, { args: [[script]] });
    }
  };
  await Promise.all(Array.from({ length: atOnce }, takeTurns));
}
