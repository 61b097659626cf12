// `npm start`: set up what is missing, then fail over a real HA pair in the lab and report the outage.
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setUp } from './setup.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
await setUp({ tests: false });
const given = process.argv.slice(2);
const args = given.length > 0 ? given : ['run', 'scenarios/lab/cloud-ip-quick.yaml', '--yes'];
const child = spawn(process.execPath, [join(root, 'dist/cli.js'), ...args], { cwd: root, stdio: 'inherit' });
// Ctrl-C reaches the child from the terminal; it restores the pair and ends by itself.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.on('close', (code) => process.exit(code ?? 70));
