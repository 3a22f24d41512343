import { build } from './house/build.mjs';
import { ensureInstalled } from './house/install.mjs';
import { main } from './house/step.mjs';

await main(async () => {
  await ensureInstalled();
  await build();
});
