// `npm run kills`: bench/kills.ts, which shares its code with the tests of the lab, put together and run.
import { runBundled } from './bundled.mjs';

await runBundled('kills');
