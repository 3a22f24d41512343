import { proxyActivities } from '@temporalio/workflow';

const { spawnBash } = proxyActivities({
  startToCloseTimeout: '1 minute',
  heartbeatTimeout: '1 minute',
  retry: { maximumAttempts: 1 },
});

/** What the product is compared with: the same commands, one activity each, and nothing else. */
export async function bareChain(scripts) {
  for (const script of scripts) await spawnBash(script);
}
