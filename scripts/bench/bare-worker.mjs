// The bare worker of the benchmark, in a process of its own as ours is: `node bare-worker.mjs ADDRESS QUEUE`.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';

const [, , address, taskQueue] = process.argv;
const logger = new DefaultLogger('ERROR');
Runtime.install({ logger });

async function spawnBash(script) {
  const child = spawn('bash', ['-c', script], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', (data) => (output += data));
  const code = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
  if (code !== 0) throw new Error(`bash ended with ${code}`);
  return output;
}

const connection = await NativeConnection.connect({ address });
const worker = await Worker.create({
  connection,
  taskQueue,
  workflowBundle: await bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('./bare-workflows.js', import.meta.url)),
    logger,
  }),
  activities: { spawnBash },
  maxConcurrentActivityTaskExecutions: 1000,
  maxConcurrentActivityTaskPolls: 2,
  maxConcurrentWorkflowTaskPolls: 2,
});
const running = worker.run();
// Whoever measures may be ended in the middle.
process.once('disconnect', () => process.exit());
process.send?.({ kind: 'ready' });
await running;
await connection.close();
