import { networkInterfaces } from 'node:os';
import type { CommandModule } from 'yargs';
import { systemClock } from '../clock.js';
import { KnownError, usage } from '../model/error.js';
import { raisePriority } from '../probe/agent/priority.js';
import { Admission, GRANTS, type Grants } from '../reflect/admission.js';
import { startEchoServer } from '../reflect/echo.js';
import { startStampReflector } from '../reflect/stamp.js';
import { startWebServer } from '../reflect/web.js';
import { redactedJson } from '../model/json.js';
import { stdout } from '../terminal.js';
import { hearStops } from '../stop-signals.js';

interface ReflectArguments {
  readonly stamp: number;
  readonly tcp: number;
  readonly http: number;
  readonly bind: string;
  readonly stateless: boolean;
  readonly json: boolean;
  readonly 'end-with-input': boolean;
  readonly 'max-connections': number;
  readonly 'max-peer-connections': number;
  readonly 'max-rate': number;
  readonly 'max-peer-rate': number;
}

/** More addresses of this host than these are not named. */
const MOST_NAMED = 4;

/** Nobody else's, unless it is said. */
const LOOPBACK = '127.0.0.1';

const LIMITS = ['max-connections', 'max-peer-connections', 'max-rate', 'max-peer-rate'] as const;

const grantsOf = (args: ReflectArguments): Grants => {
  for (const name of LIMITS)
    if (!Number.isInteger(args[name]) || args[name] < 1)
      throw usage(`--${name} ${args[name]} is no limit`, 'a whole number from 1');
  return {
    connections: args['max-connections'],
    peerConnections: args['max-peer-connections'],
    rate: args['max-rate'],
    peerRate: args['max-peer-rate'],
  };
};

/** One service while it listens. */
interface Service {
  readonly name: 'stamp' | 'tcp' | 'http';
  /** As in `STAMP reflector (RFC 8762, stateful)`. */
  readonly text: string;
  readonly protocol: 'UDP' | 'TCP';
  readonly port: number;
  /** What it has done so far, under the names of `--json`. */
  counts(): Readonly<Record<string, number>>;
  close(): Promise<void>;
}

const openStamp = async ({ stamp, bind, stateless }: ReflectArguments): Promise<Service> => {
  const reflector = await startStampReflector({ host: bind, port: stamp, stateless, clock: systemClock });
  const { port, sessions } = reflector;
  return {
    name: 'stamp',
    text: `STAMP reflector (RFC 8762, ${stateless ? 'stateless' : 'stateful'})`,
    protocol: 'UDP',
    port,
    counts: () => ({
      reflected: sessions.reflected,
      sessions: sessions.sessions,
      ignored: sessions.ignored,
    }),
    close: () => reflector.close(),
  };
};

const openEcho = async ({ tcp, bind }: ReflectArguments, admission: Admission): Promise<Service> => {
  const server = await startEchoServer({ host: bind, port: tcp, admission });
  const text = 'echo (RFC 862; speaks first to sessions that ask for it)';
  return {
    name: 'tcp',
    text,
    protocol: 'TCP',
    port: server.port,
    counts: () => ({ connections: server.accepted(), refused: admission.refused }),
    close: () => server.close(),
  };
};

const openWeb = async ({ http, bind }: ReflectArguments, admission: Admission): Promise<Service> => {
  const server = await startWebServer({ host: bind, port: http, admission });
  return {
    name: 'http',
    text: 'HTTP answers and streams',
    protocol: 'TCP',
    port: server.port,
    counts: () => ({}),
    close: () => server.close(),
  };
};

const refused = (name: string, port: number, error: unknown): unknown => {
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined) return error;
  const remedy =
    code === 'EACCES'
      ? `run as root, or take a port above 1023: --${name} ${port + 10_000}`
      : `another port, --${name} 0 to leave it out, or another address to --bind`;
  return new KnownError(`cannot listen on port ${port}: ${code}`, { remedy, cause: error });
};

const open = async (args: ReflectArguments): Promise<Service[]> => {
  const wanted = [
    ['stamp', args.stamp, openStamp],
    ['tcp', args.tcp, openEcho],
    ['http', args.http, openWeb],
  ] as const;
  const admission = new Admission(grantsOf(args));
  const services: Service[] = [];
  for (const [name, port, start] of wanted) {
    if (!Number.isInteger(port) || port < 0 || port > 65_535)
      throw usage(`--${name} ${port} is no port`, '1 to 65535');
    if (port === 0) continue;
    try {
      services.push(await start(args, admission));
    } catch (error) {
      await Promise.all(services.map((service) => service.close()));
      throw refused(name, port, error);
    }
  }
  if (services.length === 0) throw usage('nothing to reflect', 'give --stamp, --tcp or --http a port');
  return services;
};

/** Resolves with the first of the signals that ask for an end. */
const asked = (): Promise<void> =>
  new Promise((resolve) => {
    const release = hearStops(() => {
      release();
      resolve();
    });
  });

/** The same, or with the end of the input, which keeps this process until then. */
const askedByInput = async (end: Promise<void>): Promise<void> => {
  const { stdin } = process;
  await Promise.race([
    end,
    new Promise((resolve) => stdin.once('end', resolve).once('error', resolve).resume()),
  ]);
  stdin.destroy();
};

const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;

/** `STAMP reflector …: 1200 reflected, 2 sessions, 0 ignored` */
const countsText = (service: Service): string => {
  const counts = Object.entries(service.counts()).map(([name, count]) =>
    name.endsWith('s') ? plural(count, name.slice(0, -1)) : `${count} ${name}`,
  );
  return counts.length === 0 ? '' : `${service.text}: ${counts.join(', ')}\n`;
};

/** What else `--bind` could be. */
const onlyHere = (): string => {
  const others = Object.values(networkInterfaces())
    .flatMap((each) => each ?? [])
    .filter(({ internal, scopeid = 0 }) => !internal && scopeid === 0)
    .map(({ address }) => address);
  const which = others.length === 0 ? 'ADDRESS' : others.slice(0, MOST_NAMED).join(', ');
  return `Only this host reaches it. For others: --bind ${which}; --bind :: for all of both families.\n`;
};

const reflect = async (args: ReflectArguments): Promise<void> => {
  const end = asked();
  const services = await open(args);
  raisePriority();
  const address = args.bind.includes(':') ? `[${args.bind}]` : args.bind;
  const print = args.json ? stdout.writeDocument : stdout.write;
  print(
    args.json
      ? `${redactedJson({ format: 1, listening: services.map(({ name, protocol, port }) => ({ service: name, protocol, address: args.bind, port })) })}\n`
      : `${services.map(({ text, protocol, port }) => `${protocol} ${address}:${port}  ${text}\n`).join('')}${args.bind === LOOPBACK ? onlyHere() : ''}Ctrl-C ends it.\n`,
  );
  await (args['end-with-input'] ? askedByInput(end) : end);
  print(
    args.json
      ? `${redactedJson({ format: 1, ...Object.fromEntries(services.map((each) => [each.name, each.counts()])) })}\n`
      : services.map(countsText).join(''),
  );
  await Promise.all(services.map((service) => service.close()));
};

/** `seqgap reflect`: the far end of `stamp` streams and of sessions. */
export const reflectCommand: CommandModule<object, ReflectArguments> = {
  builder: (yargs) =>
    yargs
      .option('stamp', { type: 'number', default: 862, describe: 'UDP port of the STAMP reflector; 0: none' })
      .option('tcp', { type: 'number', default: 7, describe: 'TCP port of the echo; 0: none' })
      .option('http', { type: 'number', default: 0, describe: 'TCP port of the HTTP server; 0: none' })
      .option('bind', {
        type: 'string',
        default: LOOPBACK,
        describe: 'Address to listen on; :: is all of both families, 0.0.0.0 all of IPv4',
      })
      .option('max-connections', {
        type: 'number',
        default: GRANTS.connections,
        describe: 'TCP connections at one time; more are reset',
      })
      .option('max-peer-connections', {
        type: 'number',
        default: GRANTS.peerConnections,
        describe: 'The same of one address',
      })
      .option('max-rate', {
        type: 'number',
        default: GRANTS.rate,
        describe: 'Octets a second it sends by itself: heartbeats of server-first sessions, HTTP streams',
      })
      .option('max-peer-rate', {
        type: 'number',
        default: GRANTS.peerRate,
        describe: 'The same to one address',
      })
      .option('stateless', {
        type: 'boolean',
        default: false,
        describe: 'Repeat the sender’s sequence number: which way was lost cannot be told then',
      })
      .option('end-with-input', {
        type: 'boolean',
        default: false,
        describe: 'End when the input does too: behind ssh it goes with the connection',
      })
      .option('json', { type: 'boolean', default: false, describe: 'Print ports and counts as JSON' })
      .example('$0 reflect --bind 10.4.4.4', 'STAMP on UDP 862 and echo on TCP 7, as root')
      .example('$0 reflect --bind :: --stamp 8862 --tcp 8007', 'On every address, without root')
      .example('$0 reflect --tcp 0 --bind 10.4.4.4', 'STAMP only, on one address')
      .example('ssh far seqgap reflect --bind 10.4.4.4 --end-with-input', 'Ctrl-C here ends it there')
      .epilogue(
        'Streams of type stamp and sessions of type tcp and http are aimed at it. Ctrl-C ends it and says ' +
          'what it has done. It answers everybody who reaches its address, STAMP with no more octets than it was sent.',
      ),
  handler: reflect,
};
