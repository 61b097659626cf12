// `node bench/messy.mjs [FOLDER]`: bench/messy.ts, which shares its code with `seqgap calibrate`, put together and run.
import { root, runBundled } from './bundled.mjs';

process.chdir(root);
await runBundled('messy');
