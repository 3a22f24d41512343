import { ensureInstalled } from './house/install.mjs';
import { main } from './house/step.mjs';
import { verify } from './house/verify.mjs';

await main(async () => {
  await ensureInstalled();
  return verify(process.argv.slice(2));
});
