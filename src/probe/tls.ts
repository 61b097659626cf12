import { isIP, type Socket } from 'node:net';
import { connect, createSecureContext, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { KnownError, messageOf, readErrorWords } from '../model/error.js';
import type { TlsPlan } from '../model/plan.js';
import { readUserFile, SMALL_FILE } from '../user-file.js';
import { slug } from './send/local-failure.js';

/** What a certificate check of OpenSSL's or Node's says, as a cause. */
const CERTIFICATE_CAUSES: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'cert-expired',
  CERT_NOT_YET_VALID: 'cert-not-yet-valid',
  CERT_REVOKED: 'cert-revoked',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'cert-self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'cert-untrusted',
  UNABLE_TO_GET_ISSUER_CERT: 'cert-untrusted',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'cert-untrusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'cert-untrusted',
  ERR_TLS_CERT_ALTNAME_INVALID: 'cert-other-name',
};

/** Of what comes back where nothing there speaks TLS. */
const PLAIN_TEXT =
  /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST|UNEXPECTED_MESSAGE|UNSUPPORTED_PROTOCOL$/;

/** Is there something that answers, but not in TLS? Where it met a write, the message alone says so (EPROTO). */
export const isPlainText = ({ code = '', message }: NodeJS.ErrnoException): boolean =>
  [code, message.toUpperCase().replaceAll(' ', '_')].some((words) => PLAIN_TEXT.test(words));

/** Why a handshake failed, as a word that is the same for all versions of TLS; null: it was no matter of TLS. */
export const tlsCause = (error: NodeJS.ErrnoException): string | null => {
  const { code = '' } = error;
  const certificate = CERTIFICATE_CAUSES[code];
  if (certificate !== undefined) return certificate;
  if (isPlainText(error)) return 'no-tls';
  const alert = /ALERT_(\w+)/.exec(code)?.[1];
  if (alert !== undefined) return `tls-${slug(alert)}`;
  if (code.startsWith('ERR_SSL_') || code === 'EPROTO') return `tls-${slug(code.replace('ERR_SSL_', ''))}`;
  return null;
};

export const NO_TLS = 'what answers does not speak TLS';

const CAUSE_WORDS: Readonly<Record<string, string>> = {
  'cert-expired': 'the certificate of the server has expired',
  'cert-not-yet-valid': 'the certificate of the server is not valid yet',
  'cert-revoked': 'the certificate of the server was revoked',
  'cert-self-signed': 'the certificate of the server is self-signed, by nobody of `ca`',
  'cert-untrusted': 'the certificate of the server is signed by nobody of `ca`, or of the system',
  'cert-other-name': 'the certificate of the server is for another name',
  'no-tls': NO_TLS,
};

/** The same in words; null: it was no matter of TLS. */
export const tlsWords = (error: NodeJS.ErrnoException): string | null => {
  const cause = tlsCause(error);
  return cause === null ? null : (CAUSE_WORDS[cause] ?? `the TLS handshake failed: ${cause}`);
};

/** Opens TLS over a TCP connection that is there or on its way. */
export interface TlsClient {
  wrap(socket: Socket): TLSSocket;
}

/**
 * What all connections to one target have in common. The certificate is always checked, and nothing but HTTP/1.1 offered (ALPN).
 * @throws KnownError for files that cannot be used. `where`: whose they are, as in `stream web`
 */
export const openTls = async (plan: TlsPlan, host: string, where: string): Promise<TlsClient> => {
  const read = async (path: string, key: string): Promise<Buffer> => {
    try {
      return await readUserFile(path, SMALL_FILE);
    } catch (error) {
      throw new KnownError(`${where}: cannot read ${path}: ${readErrorWords(error)}`, {
        remedy: `check \`tls.${key}\`; it is read at the vantage`,
        cause: error,
      });
    }
  };
  const { ca, client, serverName, resume } = plan;
  const files = {
    ...(ca === null ? {} : { ca: await read(ca, 'ca') }),
    ...(client === null ? {} : { cert: await read(client.cert, 'cert'), key: await read(client.key, 'key') }),
  };
  let secureContext: ReturnType<typeof createSecureContext>;
  try {
    secureContext = createSecureContext(files);
  } catch (error) {
    throw new KnownError(`${where}: its TLS files do not fit: ${messageOf(error)}`, {
      remedy: '`ca`, `cert` and `key` are PEM; the key is that of the certificate, without a passphrase',
      cause: error,
    });
  }
  const name = serverName ?? host;
  const options: ConnectionOptions = {
    secureContext,
    ALPNProtocols: ['http/1.1'],
    // The name the certificate has to have; as SNI only where it is none of an address (RFC 6066 §3).
    host: name,
    ...(isIP(name) === 0 ? { servername: name } : {}),
  };
  let session: Buffer | undefined;
  return {
    wrap: (socket) => {
      const secured = connect({ ...options, socket, ...(session === undefined ? {} : { session }) });
      if (resume) secured.on('session', (ticket) => (session = ticket));
      return secured;
    },
  };
};

/** `CN=web.example, SHA256 12:AB:…`; null: none was shown, as in a session that was resumed. */
export const shownCertificate = (socket: TLSSocket): string | null => {
  const certificate = socket.isSessionReused() ? undefined : socket.getPeerX509Certificate();
  if (certificate === undefined) return null;
  return `${certificate.subject.replaceAll(/\s*\n\s*/g, ', ')}, SHA256 ${certificate.fingerprint256}`;
};
