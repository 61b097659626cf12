import { writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isIPv6 } from 'node:net';
import { resolve } from 'node:path';
import type { Argv, CommandModule } from 'yargs';
import { systemClock } from '../../clock.js';
import { EXIT, fileErrorWords, hasCode, KnownError, messageOf, usage } from '../../model/error.js';
import { redactedJson } from '../../model/json.js';
import type { HttpLogin, SshLogin } from '../../model/login.js';
import { fromMs } from '../../model/time.js';
import { configuredLogin } from '../../ssh/configured-login.js';
import { endBy, hearStops, type StopSignal } from '../../stop-signals.js';
import { say, stdout, toolVersion, widthOf } from '../../terminal.js';
import { bind, type Bound, type Device } from '../../trigger/ask/bound.js';
import { examine, requireKnown, type Examined } from '../../trigger/ask/examine.js';
import { maskFor } from '../../trigger/ask/mask.js';
import { openTransport } from '../../trigger/ask/open-transport.js';
import type { Driver } from '../../trigger/driver/schema.js';
import { readReference } from '../../yaml/reference.js';
import { driversOption, named } from './named.js';
import { samplesOf } from './samples-file.js';
import { examinedText, summaryText, nodeText } from './try-text.js';

interface TryArguments {
  readonly name: string;
  readonly drivers: string[];
  readonly json: boolean;
  readonly node: string[];
  readonly param: string[];
  readonly key: string | undefined;
  readonly passphrase: string | undefined;
  readonly password: string | undefined;
  readonly 'api-key': string | undefined;
  readonly 'known-hosts': string | undefined;
  readonly 'host-key': 'check' | 'ignore';
  readonly ca: string | undefined;
  readonly insecure: boolean;
  readonly to: string | undefined;
}

/** How long a connection and a login may take. */
const REACH = fromMs(10_000);

const secret = (option: string, written: string | undefined): string | null =>
  written === undefined ? null : readReference(written, `--${option}`);

const pathOf = (path: string): string =>
  path === '~' || path.startsWith('~/') ? resolve(homedir(), path.slice(2)) : resolve(path);

/** `user@host`, `user@host:22`, `user@[::1]:22` */
const sshTo = (node: string, given: TryArguments): SshLogin => {
  const [, user, bracketed, plain, port] =
    /^([^\s@-][^\s@]*)@(?:\[([^\]]+)\]|([^\s:@/]+|[^\s@/]*:[^\s@/]*:[^\s@/]*))(?::(\d{1,5}))?$/.exec(node) ??
    [];
  const host = bracketed ?? plain;
  if (user === undefined || host === undefined || (host.includes(':') && !isIPv6(host)))
    throw usage(`--node: "${node}" is not a login such as root@192.0.2.11 or root@192.0.2.11:2222`);
  return configuredLogin({
    host,
    port: port === undefined ? null : Number(port),
    user,
    key: given.key === undefined ? null : pathOf(given.key),
    passphrase: secret('passphrase', given.passphrase),
    password: secret('password', given.password),
    agent: null,
    knownHosts: given['known-hosts'] === undefined ? null : pathOf(given['known-hosts']),
    ignoreHostKey: given['host-key'] === 'ignore',
    jump: null,
    timeout_ns: null,
  });
};

/** `https://host`, `https://user@host:8443/path` */
const httpTo = (node: string, given: TryArguments): HttpLogin => {
  if (!/^https?:\/\//.test(node) || !URL.canParse(node))
    throw usage(`--node: "${node}" is not a URL such as https://admin@192.0.2.11`);
  const { origin, username, password, pathname, search, hash } = new URL(node);
  if (password !== '')
    throw usage('--node: a password may not stand in the URL', 'give it by --password env:NAME or file:PATH');
  if (search !== '' || hash !== '') throw usage(`--node: "${node}" may have a path, but nothing behind it`);
  return {
    url: `${origin}${pathname}`.replace(/\/+$/, ''),
    user: username === '' ? null : decodeURIComponent(username),
    password: secret('password', given.password),
    apiKey: secret('api-key', given['api-key']),
    ca: given.ca === undefined ? null : pathOf(given.ca),
    insecure: given.insecure,
    timeout_ns: REACH,
  };
};

const paramsOf = (driver: Driver, written: readonly string[]): Record<string, string> => {
  const pairs = written.map((each) => {
    const [, name, value] = /^([^=]+)=([^]*)$/.exec(each) ?? [];
    if (name === undefined || value === undefined)
      throw usage(`--param: "${each}" is not NAME=VALUE, as in --param group=1`);
    const isSecret = driver.params[name]?.secret === true && value !== '';
    return [name, isSecret ? readReference(value, `--param ${name}`) : value] as const;
  });
  const given = Object.fromEntries(pairs);
  requireKnown(driver, Object.keys(given));
  return given;
};

const deviceOf = (
  driver: Driver,
  node: string,
  name: string,
  params: Readonly<Record<string, string>>,
  given: TryArguments,
): Device => {
  const own = Object.fromEntries(Object.entries(params).filter(([key]) => Object.hasOwn(driver.params, key)));
  const device = { name, params: own, ssh: null, http: null };
  switch (driver.transport) {
    case 'ssh':
    case 'shell':
      return { ...device, ssh: sshTo(node, given) };
    case 'http':
      return { ...device, http: httpTo(node, given) };
    case 'exec':
      return { ...device, name: node };
  }
};

const open = (driver: Driver, devices: readonly Device[], device: Device): Bound => {
  const [peer = null, ...others] = devices.filter((each) => each !== device);
  const around = {
    peer: others.length > 0 ? null : peer,
    seqgap: [process.execPath, ...process.argv.slice(1, 2)],
  };
  return bind(driver, device, around, (values) =>
    openTransport(driver, device, values, systemClock, `node ${device.name}`),
  );
};

/** A parameter is said by its option, and not by the key of a scenario. */
const byOption = (error: unknown): unknown =>
  error instanceof KnownError && error.remedy === 'give it under `params`'
    ? usage(error.message, 'give it by --param NAME=VALUE', error)
    : error;

/** Never in the place of a file: somebody may have written what is right into it. */
const writeNew = async (path: string, text: string): Promise<void> => {
  try {
    await writeFile(path, text, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    const why = hasCode(error, 'EEXIST')
      ? 'it is there already'
      : (fileErrorWords(error) ?? messageOf(error));
    throw usage(`cannot write ${path}: ${why}`, 'name another file by --to', error);
  }
};

interface Tried {
  readonly bound: Bound;
  readonly examined: readonly Examined[];
  readonly ended: string | null;
}

const isUnderstood = ({ answer, error, readings }: Examined): boolean =>
  answer !== null &&
  error === null &&
  readings.every(
    ({ expect }) =>
      expect !== null && !Object.values(expect).some((value) => value === null || value === 'unknown'),
  );

const run = async (given: TryArguments): Promise<void> => {
  const [driver] = await named([given.name], given.drivers);
  if (driver === undefined) return;
  const params = paramsOf(driver, given.param);
  const names = given.node.map((_, index) => (given.node.length === 1 ? 'node' : `node-${index + 1}`));
  const devices = given.node.map((node, index) =>
    deviceOf(driver, node, names[index] ?? node, params, given),
  );
  let bounds: Bound[];
  try {
    bounds = devices.map((device) => open(driver, devices, device));
  } catch (error) {
    throw byOption(error);
  }
  const to = given.to ?? `${driver.name}-samples.yaml`;
  const over = new AbortController();
  let stopped: StopSignal | null = null;
  const release = hearStops((name) => {
    if (stopped !== null) endBy(name);
    stopped = name;
    over.abort();
  });
  const tried: Tried[] = [];
  const width = widthOf(stdout);
  try {
    for (const bound of bounds) {
      if (!given.json) stdout.write(nodeText(bound));
      const examined: Examined[] = [];
      const ended = await examine(bound, { given: params, signal: over.signal }, (one) => {
        examined.push(one);
        if (!given.json) stdout.write(examinedText(one, width));
      });
      tried.push({ bound, examined, ended });
      if (ended !== null && !given.json) stdout.write(`\n  ${ended}\n`);
      if (over.signal.aborted) break;
    }
  } finally {
    await Promise.all(bounds.map(({ transport }) => transport.close()));
  }
  const mask = maskFor({
    identities: bounds.map(({ known }) => known.identity),
    hosts: devices.flatMap(({ ssh, http }) => [
      ...(ssh === null ? [] : [ssh.host]),
      ...(http === null ? [] : [new URL(http.url).hostname]),
    ]),
  });
  const file = samplesOf(
    driver,
    tried.flatMap(({ examined }) => examined),
    { mask, version: toolVersion() },
  );
  if (file.count > 0) await writeNew(to, file.text);
  const written = file.count === 0 ? null : { file: to, samples: file.count, changed: file.changed };
  if (given.json)
    stdout.writeDocument(
      `${redactedJson({ format: 1, driver: driver.name, nodes: tried.map(({ bound, examined, ended }) => ({ node: bound.node, way: bound.transport.words, ended, asked: examined })), written }, 2)}\n`,
    );
  else
    stdout.write(
      summaryText(
        tried.flatMap(({ examined }) => examined),
        written,
        isUnderstood,
      ),
    );
  release();
  if (stopped !== null) {
    say('stopped: nothing was changed');
    endBy(stopped);
  }
  const fine = tried.every(({ examined, ended }) => ended === null && examined.every(isUnderstood));
  if (!fine) process.exitCode = EXIT.inconclusive;
};

/** `seqgap drivers try`: what a driver reads of a real device. */
export const tryCommand: CommandModule<object, TryArguments> = {
  command: 'try <name>',
  describe: 'Ask a real device all that a driver asks, and show what it reads; changes nothing',
  builder: (yargs) =>
    (driversOption(yargs) as Argv)
      .positional('name', { type: 'string', demandOption: true, describe: 'A driver, or a file' })
      .option('node', {
        type: 'string',
        array: true,
        demandOption: true,
        describe:
          'Who is asked: user@host, or https://user@host for an API; any name for commands of this host',
      })
      .option('param', {
        type: 'string',
        array: true,
        default: [] as string[],
        describe: 'A parameter of the driver or its observers, NAME=VALUE',
      })
      .option('key', {
        type: 'string',
        describe: 'Private key for SSH; without it and a password: the agent',
      })
      .option('passphrase', { type: 'string', describe: 'Of the key: env:NAME or file:PATH' })
      .option('password', { type: 'string', describe: 'For SSH or the API: env:NAME or file:PATH' })
      .option('api-key', { type: 'string', describe: 'For the API: env:NAME or file:PATH' })
      .option('known-hosts', {
        type: 'string',
        describe: 'File to check the host key against (~/.ssh/known_hosts)',
      })
      .option('host-key', {
        choices: ['check', 'ignore'] as const,
        default: 'check' as const,
        describe: 'Check the host key, or ignore who answers',
      })
      .option('ca', { type: 'string', describe: "Authorities that may have signed the API's certificate" })
      .option('insecure', { type: 'boolean', default: false, describe: 'Accept any certificate of the API' })
      .option('to', { type: 'string', describe: 'Where the samples are written (NAME-samples.yaml)' })
      .example('$0 drivers try keepalived --node root@192.0.2.11', 'by the keys of the agent')
      .example(
        '$0 drivers try panos --node https://192.0.2.11 --api-key env:PANOS_KEY',
        'an API, its key from the environment',
      )
      .example(
        '$0 drivers try vyos --node vyos@192.0.2.11 --node vyos@192.0.2.12 --password file:pw',
        'both nodes of a pair',
      )
      .example('$0 drivers try azure --node fw-a --param group=fw --param vm=fw-a', 'by a tool of this host')
      .epilogue(
        'Only the questions of the driver are sent, never what an action or an undo sends. The samples are written without secrets, the serial number and the address of the node; look through them before you send them. Exit codes: 0 everything was understood, 2 something was not, 64 usage.',
      ) as Argv<TryArguments>,
  handler: (given) => run(given),
};
