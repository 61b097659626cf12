/**
 * The client's DHCP client: `node lease.program.js` in the client's network. udhcpc does the work; when the address came and
 * went is written down. Says `leased` when there is one, and ends where there is none in half a minute.
 */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { words } from '../ground/command.js';
import { recordTransition } from '../ground/transitions.js';
import { LAB_DIR } from '../paths.js';
import { LEASE_SCRIPT, leaseSaid } from './lease.js';
import { CLIENT_ADDRESS } from './topology.js';

const script = join(LAB_DIR, 'lease.sh');
writeFileSync(script, LEASE_SCRIPT, { mode: 0o755 });
// In the foreground; a question each second.
const client = spawn('udhcpc', ['-s', script, ...words('-f -i trust -T 1 -A 1')], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
const patience = setTimeout(() => {
  throw new Error('no lease within 30 s');
}, 30_000);
let isBound = false;
let isSaid = false;
createInterface(client.stdout).on('line', (line) => {
  const said = leaseSaid(line, isBound);
  if (said === null) return;
  isBound = said.value === 'bound';
  if (!isSaid) {
    // Once: nobody listens for more.
    isSaid = true;
    clearTimeout(patience);
    process.stdout.write('leased\n');
  }
  recordTransition({ what: 'lease', subject: CLIENT_ADDRESS, ...said });
});
