// `node bench/far-hosts.mjs`: bench/far-hosts.ts, which shares its hosts with test/peers, put together and run; root, and Debian's debootstrap.
import { runBundled } from './bundled.mjs';

await runBundled('far-hosts');
