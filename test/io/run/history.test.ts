import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readRecord } from '../../../src/foreign/record/read-record.js';
import { makeFilePair, privileged, runPair } from './file-pair.js';

/* What the nodes wrote down by themselves is kept after a trial, and the trial does not depend on it. */

const HISTORY = `
history:
  about: what the node wrote down
  run: [sh, '{{dir}}/history.sh', '{{node}}']
  timeout: 2s
samples:
  - { of: history, output: '(VI_1) Entering MASTER STATE', expect: { tells: [role = active] } }
`;

/** Only a node that is up again is asked: by then it is ready. */
const SCRIPT = `
cd "$(dirname "$0")"
[ "$1" = fw-a ] || { echo 'the log is gone' >&2; exit 1; }
[ "$(cat fw-a.ready)" = ready ] || exit 2
echo "$(date -u +%Y-%m-%dT%H:%M:%S.%3N+00:00) fw-a Keepalived_vrrp[1]: (VI_1) Entering BACKUP STATE"
`;

describe.runIf(privileged)('the history of the nodes (needs root)', () => {
  test('is kept where there is one; where it cannot be read the trial stands, and it is said', async () => {
    const pair = await makeFilePair({});
    try {
      const driver = await pair.read('drivers/file.yaml');
      await pair.write('drivers/file.yaml', driver.replace(/\nsamples:\n/, HISTORY));
      await pair.write('history.sh', SCRIPT);
      const { code, stdout } = await runPair(pair, ['--json']);
      expect(code).toBe(0);
      const { trials } = JSON.parse(stdout) as { trials: unknown };
      expect(trials).toMatchObject([{ status: 'ok', verdict: 'pass' }]);

      const run = join(pair.out, 'file-pair', 'latest');
      expect(await readdir(join(run, 'history'))).toEqual(['trial-1-fw-a.log']);
      const now = Date.now();
      const near = { lo_ms: now - 60_000, hi_ms: now };
      const { evidence } = await readRecord(join(run, 'history/trial-1-fw-a.log'), {
        near,
        zone_min: null,
        nodes: [],
        owner: 'fw-a',
      });
      expect(evidence).toMatchObject([{ kind: 'role', subject: 'fw-a', value: 'standby', part: 'VI_1' }]);

      const events = await readFile(join(run, 'trial-01/events.jsonl'), 'utf8');
      expect(events).toMatch(/what fw-b wrote down is not kept: .*the log is gone/);
      expect(events).not.toMatch(/broken-off/);
    } finally {
      await pair.remove();
    }
  });
});
