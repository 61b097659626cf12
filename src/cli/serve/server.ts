import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from 'node:http';
import { type AddressInfo, isIP } from 'node:net';
import { hostname } from 'node:os';
import { once } from 'node:events';
import { KnownError, knownFileError, messageOf } from '../../model/error.js';
import { sitePolicy } from '../../report/html/page.js';
import type { Answer, Pages } from './pages.js';

export interface SiteServer {
  readonly address: string;
  readonly port: number;
  /** At once, whatever is being asked. */
  close(): Promise<void>;
}

export interface SiteOptions {
  readonly pages: Pages;
  /** An address of this host. */
  readonly host: string;
  /** 0: any. */
  readonly port: number;
  /** A bug, for who runs the server: a page shows no stack. */
  readonly onBug: (error: unknown) => void;
}

interface Reply {
  readonly status: number;
  readonly type: 'text/html' | 'text/javascript';
  readonly body: string;
  readonly headers?: OutgoingHttpHeaders;
}

/** `[::1]:8642`, `localhost` without their ports and brackets. */
const nameIn = (host: string): string =>
  host
    .replace(/:\d*$/, '')
    .replaceAll(/^\[|\]$/g, '')
    .toLowerCase();

/**
 * A page of somebody else, whose name was made to lead here (DNS rebinding), says so by that name: an address cannot be made
 * to lead elsewhere, and these two names are this host's own. The port may be another: that of a tunnel.
 */
const isOurs = ({ headers: { host } }: IncomingMessage): boolean => {
  if (host === undefined) return false;
  const name = nameIn(host);
  return isIP(name) !== 0 || name === 'localhost' || name === hostname().toLowerCase();
};

const COMMON: OutgoingHttpHeaders = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
};

const tagOf = (body: string): string =>
  `"${createHash('sha256').update(body).digest('base64url').slice(0, 27)}"`;

const isKnownTo = ({ headers }: IncomingMessage, etag: string): boolean =>
  (headers['if-none-match'] ?? '').split(',').some((each) => each.trim().replace(/^W\//, '') === etag);

/** Its name says what is in it. */
const FOR_EVER = 'public, max-age=31536000, immutable';

const replyOf = (answer: Answer, pages: Pages): Reply => {
  switch (answer.kind) {
    case 'page':
      return { status: 200, type: 'text/html', body: answer.html };
    case 'script':
      return {
        ...{ status: 200, type: 'text/javascript', body: answer.text },
        headers: { 'cache-control': FOR_EVER },
      };
    case 'elsewhere':
      return { status: 303, type: 'text/html', body: '', headers: { location: answer.address } };
    case 'later':
      return {
        ...{ status: 503, type: 'text/html', headers: { refresh: '2', 'retry-after': '2' } },
        body: pages.word('One moment', ['The runs are being read for the first time: this page asks again.']),
      };
    case 'nothing':
      return { status: 404, type: 'text/html', body: pages.word('Not found', [answer.word]) };
  }
};

const wordOf = (error: unknown, { pages, onBug }: SiteOptions): Reply => {
  const known = error instanceof KnownError ? error : knownFileError(error);
  if (known !== null) {
    const words = [known.message, ...(known.remedy === null ? [] : [known.remedy])];
    return { status: 422, type: 'text/html', body: pages.word('This cannot be shown', words) };
  }
  if (error instanceof URIError)
    return {
      status: 400,
      type: 'text/html',
      body: pages.word('Not understood', ['The address is not encoded well.']),
    };
  onBug(error);
  const words = [`This is a bug: ${messageOf(error)}`, 'The terminal that serves this page shows more.'];
  return { status: 500, type: 'text/html', body: pages.word('A bug', words) };
};

const reply = async (request: IncomingMessage, options: SiteOptions): Promise<Reply> => {
  const { pages } = options;
  const { method = '', url = '' } = request;
  const word = (status: number, said: string, headers: OutgoingHttpHeaders = {}): Reply => ({
    ...{ status, type: 'text/html', headers },
    body: pages.word('Refused', [said]),
  });
  if (!isOurs(request))
    return word(421, 'This site goes by localhost, the name of its host, or an address; by no other name.');
  if (method !== 'GET' && method !== 'HEAD')
    return word(405, 'This site is read only: GET and HEAD.', { allow: 'GET, HEAD' });
  // `//` is the beginning of a host.
  if (!url.startsWith('/') || url.startsWith('//')) return word(400, 'This is no address of a page here.');
  try {
    return replyOf(await pages.answer(new URL(url, 'http://localhost')), pages);
  } catch (error) {
    return wordOf(error, options);
  }
};

const send = (request: IncomingMessage, response: ServerResponse, policy: string, made: Reply): void => {
  const { status, type, body, headers } = made;
  const etag = tagOf(body);
  const isKnown = status === 200 && isKnownTo(request, etag);
  response.writeHead(isKnown ? 304 : status, {
    ...COMMON,
    'content-security-policy': policy,
    'cache-control': 'no-cache',
    ...(status === 200 ? { etag } : {}),
    ...(isKnown
      ? {}
      : { 'content-type': `${type}; charset=utf-8`, 'content-length': Buffer.byteLength(body) }),
    ...headers,
  });
  response.end(isKnown || request.method === 'HEAD' ? undefined : body);
};

/** Serves the pages. Rejects with the system's error where it cannot listen. */
export const startSite = async (options: SiteOptions): Promise<SiteServer> => {
  const policy = sitePolicy(options.pages.assets);
  const server = createServer((request, response) => {
    void reply(request, options).then((made) => send(request, response, policy, made));
  });
  server.listen(options.port, options.host);
  await once(server, 'listening');
  const { address, port } = server.address() as AddressInfo;
  return {
    address,
    port,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
};
