import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { arch, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { PACKAGE } from '../src/package-folder.js';
import { lay, makeFarRoot, startFarHosts } from '../test/peers/far-hosts.js';

/*
 * How long it takes from one file to the first measured failover: the executable is copied to a jump host without Node, and from there to
 * two far hosts by way of a bastion, three times on fresh hosts. All are namespaces of this host: no link is slow. After `npm run executable`;
 * `--root FOLDER` is a root of Debian that is there, with openssh-server; `--show` prints what the run said.
 */

const ROUNDS = 3;
const STAMPED = 'while read -r line; do echo "$(date +%s%3N) $line"; done';
/** What the run says when it has come so far. */
const MARKS: readonly (readonly [string, RegExp])[] = [
  ['the run begins to copy', /copying seqgap there/],
  ['the first failover is measured, and the pair put back', /trial 1\/2 /],
];

const { values } = parseArgs({
  options: { root: { type: 'string' }, show: { type: 'boolean', default: false } },
});
const folder = mkdtempSync(join(tmpdir(), 'seqgap-far-bench-'));
const root = values.root ?? join(folder, 'root');
const { version } = JSON.parse(readFileSync(join(PACKAGE, 'package.json'), 'utf8')) as { version: string };
const executable = join(PACKAGE, 'build/executable', `seqgap-${version}-linux-${arch()}`);

const round = async (): Promise<void> => {
  const hosts = await startFarHosts(root);
  try {
    await lay(hosts);
    const begun = Date.now();
    const say = (what: string, at = Date.now()): void =>
      console.log(`${((at - begun) / 1000).toFixed(1).padStart(6)} s  ${what}`);
    await hosts.put(executable, '/root/seqgap');
    say('copied to the jump host');
    await hosts.jump('/root/seqgap --version');
    say('its first start');
    await hosts.jump('/root/seqgap check /root/far.yaml');
    say('the scenario is checked');
    const lines = (await hosts.jump(`cd /root && ./seqgap run far.yaml --yes 2>&1 | ${STAMPED}`)).split('\n');
    if (values.show) console.log(lines.join('\n'));
    for (const [what, mark] of MARKS) {
      const line = lines.find((each) => mark.test(each));
      say(what, Number(line?.split(' ')[0]));
    }
    say('two trials, and everything removed');
  } finally {
    await hosts.stop();
  }
};

try {
  if (values.root === undefined) await makeFarRoot(root);
  console.log(`load ${loadavg()[0]}`);
  for (let each = 0; each < ROUNDS; each++) await round();
} finally {
  rmSync(folder, { recursive: true });
}
