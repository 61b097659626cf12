import { lookup } from 'node:dns/promises';
import { BlockList, isIPv6 } from 'node:net';
import type { CommandModule } from 'yargs';
import { systemClock } from '../../clock.js';
import { StandingCatalogue } from '../../history/standing-catalogue.js';
import { codeOf, KnownError, messageOf, usage } from '../../model/error.js';
import { redactedJson } from '../../model/json.js';
import { hearStops } from '../../stop-signals.js';
import { say, stderr, stdout, toolVersion } from '../../terminal.js';
import { isFolder } from '../../user-file.js';
import { Pages } from './pages.js';
import { startSite, type SiteServer } from './server.js';

interface ServeArguments {
  readonly results: string;
  readonly host: string;
  readonly port: number;
  readonly public: boolean;
  readonly json: boolean;
}

const DEFAULT_PORT = 8642;

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/** The address to listen on. Throws KnownError for one that others reach, unless that is asked for. */
const addressOf = async ({ host, public: isPublic }: ServeArguments): Promise<string> => {
  const { address } = await lookup(host).catch((error: unknown) => {
    throw usage(
      `--host ${host}: there is no such name (${codeOf(error) ?? messageOf(error)})`,
      'give an address of this host',
      error,
    );
  });
  if (LOOPBACK.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')) return address;
  if (!isPublic)
    throw usage(
      `--host ${host} is reached by others, and there is no password: whoever reaches it reads every run`,
      'leave --host out and come by a tunnel (ssh -L 8642:localhost:8642 HOST), or add --public if that is meant',
    );
  say(
    `warning: anybody who reaches ${address} reads every run: there is no password, and nothing is encrypted`,
  );
  return address;
};

const urlOf = ({ address, port }: Pick<SiteServer, 'address' | 'port'>): string =>
  `http://${isIPv6(address) ? `[${address}]` : address}:${port}/`;

const refused = (host: string, port: number, error: unknown): unknown => {
  const code = codeOf(error);
  if (code === null) return error;
  const at = `${host} port ${port}`;
  if (code === 'EADDRINUSE')
    return usage(
      `${at} is in use`,
      'end what listens there (perhaps another seqgap serve), or take --port 0 for a free one',
      error,
    );
  if (code === 'EACCES') return usage(`${at}: permission denied`, 'take a port above 1023', error);
  if (code === 'EADDRNOTAVAIL')
    return usage(`${host} is no address of this host`, 'ip address shows which there are', error);
  return new KnownError(`cannot listen on ${at}: ${code}`, {
    remedy: 'another --host or --port',
    cause: error,
  });
};

const serve = async (args: ServeArguments): Promise<void> => {
  const { results, port } = args;
  const ended = new Promise<void>((resolve) => void hearStops(() => resolve()));
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw usage(`--port ${port} is no port`, '0 to 65535; 0 takes a free one');
  if (!(await isFolder(results)))
    throw usage(`${results} is no folder`, 'name the folder of all results, as for --out of seqgap run');
  const host = await addressOf(args);
  const catalogue = await StandingCatalogue.open(results, systemClock);
  const pages = new Pages({ catalogue, folder: results, clock: systemClock, version: toolVersion() });
  const onBug = (error: unknown): void =>
    stderr.write(`seqgap: this is a bug: ${error instanceof Error ? error.stack : messageOf(error)}\n`);
  const site = await startSite({ pages, host, port, onBug }).catch((error: unknown) => {
    throw refused(host, port, error);
  });
  const url = urlOf(site);
  (args.json ? stdout.writeDocument : stdout.write)(
    args.json
      ? `${redactedJson({ format: 1, url, address: site.address, port: site.port })}\n`
      : `${url}  the runs of ${results}\nCtrl-C ends it.\n`,
  );
  // Whoever comes finds them read; what goes wrong is told to them.
  catalogue.runs().catch(() => undefined);
  await ended;
  await site.close();
  await catalogue.close();
};

/** `seqgap serve [RESULTS]` */
export const serveCommand: CommandModule<object, ServeArguments> = {
  builder: (yargs) =>
    yargs
      .positional('results', { type: 'string', default: 'results', describe: 'Folder of all results' })
      .option('host', {
        type: 'string',
        default: '127.0.0.1',
        describe: 'Address to listen on; one that others reach needs --public',
      })
      .option('port', { type: 'number', default: DEFAULT_PORT, describe: 'TCP port; 0: a free one' })
      .option('public', {
        type: 'boolean',
        default: false,
        describe: 'Let anybody read who reaches the address: there is no password',
      })
      .option('json', { type: 'boolean', default: false, describe: 'Print where it listens as JSON' })
      .example('$0 serve', 'Of results/, on http://127.0.0.1:8642/')
      .example('$0 serve /srv/failover/results --port 0', 'Of another folder, on a free port')
      .example('$0 serve --host 10.4.0.5 --public', 'For others in a network that is trusted')
      .epilogue(
        'It reads, and changes no run. Runs that are new are there when the page is asked for again. Ctrl-C ends it, ' +
          'exit code 0; 64 for wrong usage or a port in use. docs/report.md says what is shown.',
      ),
  handler: serve,
};
