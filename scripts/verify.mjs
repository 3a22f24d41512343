import { main } from './house/step.mjs';
import { verify } from './house/verify.mjs';

await main(() => verify([]));
