// `node bench/coverage.mjs`: bench/coverage.ts, which shares its world with the tests of the analysis, put together and run.
import { runBundled } from './bundled.mjs';

await runBundled('coverage');
