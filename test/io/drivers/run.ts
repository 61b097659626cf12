import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestNode } from './vendor.js';

const CLI = fileURLToPath(new URL('../../../dist/cli.js', import.meta.url));

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The first trial's events, a line each. */
  readonly events: string;
}

/** A login as a scenario gives it. Secrets come from the environment. */
const loginOf = ({ ssh, http }: TestNode): object => {
  if (http !== null)
    return {
      http: {
        url: http.url,
        user: http.user,
        password: '${env:FW_PASSWORD}',
        key: '${env:FW_KEY}',
        ca: http.ca,
        timeout: '60s',
      },
    };
  if (ssh === null) throw new Error('no login');
  const { host, port, user, knownHosts } = ssh;
  return {
    ssh: { host, port, user, password: '${env:FW_PASSWORD}', 'known-hosts': knownHosts, timeout: '60s' },
  };
};

/** Parameters that come from the environment, too. */
const SECRETS = new Set(['enable', 'password']);

const nodeOf = (driver: string, node: TestNode): object => ({
  driver,
  ...loginOf(node),
  params: Object.fromEntries(
    Object.entries(node.params).map(([name, value]) => [
      name,
      SECRETS.has(name) ? `\${env:FW_${name.toUpperCase()}}` : value,
    ]),
  ),
});

/** The fast settings of every trial here. What is late here was only delayed by a busy machine. */
const scenarioOf = (driver: string, nodes: readonly [TestNode, TestNode], port: number): object => ({
  name: driver,
  nodes: { 'fw-a': nodeOf(driver, nodes[0]), 'fw-b': nodeOf(driver, nodes[1]) },
  streams: [{ name: 'probe', type: 'stamp', to: `127.0.0.1:${port}`, every: '50ms', timeout: '3s' }],
  trigger: { node: 'active', action: 'switchover', timeout: '30s' },
  observe: [{ name: 'roles', every: '500ms', driver: 'role' }],
  trial: { steady: '1s', recovered: '1s', 'give-up': '60s', restore: '60s', 'cool-down': '100ms' },
  analysis: { 'delay-threshold': '3s' },
});

/** `seqgap run` as a user starts it, with a state of its own. */
export const runTrial = async (
  driver: string,
  nodes: readonly [TestNode, TestNode],
  port: number,
): Promise<Finished> => {
  const dir = await mkdtemp(join(tmpdir(), 'seqgap-vendor-'));
  const scenario = join(dir, 'scenario.yaml');
  // JSON is YAML.
  await writeFile(scenario, JSON.stringify(scenarioOf(driver, nodes, port)));
  const { ssh, http } = nodes[0];
  const env = {
    ...process.env,
    XDG_STATE_HOME: dir,
    XDG_RUNTIME_DIR: dir,
    FW_PASSWORD: ssh?.password ?? http?.password ?? '',
    FW_KEY: http?.apiKey ?? '',
    FW_ENABLE: nodes[0].params['enable'] ?? '',
  };
  try {
    const finished = await new Promise<Omit<Finished, 'events'>>((resolve) => {
      const args = [CLI, 'run', scenario, '--yes', '--json', '--out', join(dir, 'results')];
      const child = execFile(process.execPath, args, { encoding: 'utf8', env }, (_error, stdout, stderr) =>
        resolve({ code: child.exitCode, stdout, stderr }),
      );
    });
    // Not `latest`: a run that touched nothing is none.
    const results = join(dir, 'results', driver);
    const runs = await readdir(results).catch(() => []);
    const events = join(results, runs.find((name) => name !== 'latest') ?? '', 'trial-01', 'events.jsonl');
    return { ...finished, events: await readFile(events, 'utf8').catch(() => '') };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
};
