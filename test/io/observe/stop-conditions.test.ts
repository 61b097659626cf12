import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../../src/clock.js';
import type { StopPlan } from '../../../src/model/plan.js';
import { stopWatch, type StopReason, type StopWatch } from '../../../src/observe/stop-conditions.js';
import { parseScenario } from '../../../src/scenario/load.js';

const planOf = (condition: string): readonly StopPlan[] => {
  const text = `
name: stop
streams: [{ name: ping, type: icmp, to: 10.4.4.4, every: 10ms }]
trigger: { action: manual }
trial: { stop-when: ${condition} }
`;
  return parseScenario(text, 'stop.yaml', { env: {} }).scenario.trial.stopWhen ?? [];
};

const watching = (condition: string, notes: string[] = []): StopWatch =>
  stopWatch(planOf(condition), { clock: systemClock, note: (text) => notes.push(text) });

const ask = (condition: string, notes: string[] = []): Promise<StopReason | null> =>
  watching(condition, notes).ask(new AbortController().signal);

const serving = async (listener: RequestListener): Promise<string> => {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => server.closeAllConnections());
  server.unref();
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

const scratch = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'seqgap-stop-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
};

describe('a command', () => {
  test.each([
    ['exit 0', { name: 'exit 0', detail: 'the command ended with 0' }],
    ['echo a ticket is open', { name: 'echo a ticket is open', detail: 'a ticket is open' }],
    ['exit 1', null],
    ['exit 2', { name: 'exit 2', detail: expect.stringContaining('it cannot be asked: exit 2') as string }],
    ['kill -9 $$', { name: 'kill -9 $$', detail: expect.stringContaining('it cannot be asked') as string }],
  ])('%s', async (command, wanted) => {
    expect(await ask(`{ command: '${command}' }`)).toEqual(wanted);
  });

  test('that is not there, or never ends, cannot be asked', async () => {
    expect(await ask('{ name: t, command: [no-such-program] }')).toMatchObject({
      name: 't',
      detail: expect.stringContaining('it cannot be asked') as string,
    });
    expect(await ask("{ name: t, command: 'sleep 60', timeout: 100ms }")).toMatchObject({
      detail: expect.stringContaining('it cannot be asked') as string,
    });
  });

  test('which cannot be asked does not count where the scenario says so, and is noted once', async () => {
    const notes: string[] = [];
    const conditions = watching("{ name: t, command: 'exit 3', on-error: ignore }", notes);
    const { signal } = new AbortController();
    expect(await conditions.ask(signal)).toBeNull();
    expect(await conditions.ask(signal)).toBeNull();
    expect(notes).toEqual([
      'stop condition t: it cannot be asked: exit 3; it does not count (on-error: ignore)',
    ]);
  });
});

describe('a URL', () => {
  test('by its status', async () => {
    let status = 200;
    const url = await serving((_, response) => response.writeHead(status).end());
    expect(await ask(`{ url: '${url}/alarm', status: 503 }`)).toBeNull();
    status = 503;
    expect(await ask(`{ name: alarm, url: '${url}/alarm', status: 503 }`)).toEqual({
      name: 'alarm',
      detail: 'answered with 503',
    });
  });

  test('by a value of its answer', async () => {
    let body = '{"state":"OK","count":0}';
    const url = await serving((_, response) => response.end(body));
    expect(await ask(`{ url: '${url}', json: state, is: ALARM }`)).toBeNull();
    expect(await ask(`{ url: '${url}', json: count }`)).toBeNull();
    expect(await ask(`{ url: '${url}', json: missing }`)).toBeNull();
    body = '{"state":"ALARM","count":2}';
    expect(await ask(`{ url: '${url}', json: state, is: ALARM }`)).toMatchObject({
      detail: 'the value is ALARM',
    });
    expect(await ask(`{ url: '${url}', json: state, is: '/^AL/' }`)).toMatchObject({
      detail: 'the value is ALARM',
    });
    expect(await ask(`{ url: '${url}', json: count }`)).toMatchObject({ detail: 'the value is 2' });
    expect(await ask(`{ url: '${url}', text: 'ALARM' }`)).toMatchObject({ detail: 'the value is ALARM' });
  });

  test('that does not answer, or with an error, cannot be asked', async () => {
    const url = await serving((_, response) => response.writeHead(500).end());
    expect(await ask(`{ url: '${url}', json: state }`)).toMatchObject({
      detail: expect.stringContaining('it cannot be asked: HTTP 500') as string,
    });
    const silent = await serving(() => undefined);
    expect(await ask(`{ url: '${silent}', status: 503, timeout: 100ms }`)).toMatchObject({
      detail: expect.stringContaining('it cannot be asked') as string,
    });
    expect(await ask("{ url: 'http://127.0.0.1:1', status: 503 }")).toMatchObject({
      detail: expect.stringContaining('it cannot be asked') as string,
    });
  });
});

describe('a file', () => {
  test('is there or not, and what cannot be looked at counts', async () => {
    const folder = await scratch();
    const file = join(folder, 'stop');
    expect(await ask(`{ file: ${file} }`)).toBeNull();
    await writeFile(file, '');
    expect(await ask(`{ file: ${file} }`)).toEqual({ name: file, detail: `${file} is there` });
    expect(await ask(`{ file: ${file}/below }`)).toMatchObject({
      detail: expect.stringContaining('it cannot be asked') as string,
    });
  });
});

test('several are watched, each at its own pace, until one holds: it is heard once', async () => {
  const file = join(await scratch(), 'stop');
  let asked = 0;
  const url = await serving((_, response) => {
    asked++;
    response.end('{"state":"OK"}');
    if (asked === 3) void writeFile(file, '');
  });
  const heard: StopReason[] = [];
  await new Promise<void>((resolve) => {
    watching(
      `[{ url: '${url}', json: state, is: ALARM, every: 100ms }, { file: ${file}, every: 100ms }]`,
    ).watch((reason) => {
      heard.push(reason);
      resolve();
    });
  });
  expect(heard).toEqual([{ name: file, detail: `${file} is there` }]);
  expect(asked).toBeGreaterThanOrEqual(3);
});

test('what is ended hears nothing any more', async () => {
  const file = join(await scratch(), 'stop');
  const heard: StopReason[] = [];
  const first = watching(`{ file: ${file}, every: 100ms }`);
  first.watch((reason) => heard.push(reason))();
  await writeFile(file, '');
  // One that goes on has asked several times by then.
  await new Promise<void>((resolve) => {
    watching(`{ file: ${file}, every: 300ms }`).watch(() => resolve());
  });
  expect(heard).toEqual([]);
});
