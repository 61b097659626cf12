import { KnownError, messageOf } from '../model/error.js';
import { brief } from '../model/outside.js';
import { redact, registerSecret } from '../model/secret.js';

/** After this long without an answer nobody listens. */
const TIMEOUT_MS = 10_000;

/** `user:password` for the gateway; never an argument, where every process of the host could read it. */
export const PUSH_AUTH = 'SEQGAP_PUSH_AUTH';

const authorization = (env: NodeJS.ProcessEnv): Readonly<Record<string, string>> => {
  const login = env[PUSH_AUTH];
  if (login === undefined || login === '') return {};
  const basic = Buffer.from(login).toString('base64');
  for (const secret of [login, basic, login.slice(login.indexOf(':') + 1)]) registerSecret(secret);
  return { authorization: `Basic ${basic}` };
};

const failed = (url: string, why: string, cause?: unknown): KnownError =>
  new KnownError(`${url} does not take the metrics: ${why}`, {
    remedy: `name a Pushgateway, as in --push http://gateway:9091 (login: ${PUSH_AUTH}=user:password)`,
    cause,
  });

/**
 * Puts the metrics of one scenario into a Prometheus Pushgateway
 * (https://github.com/prometheus/pushgateway#put-method): what it had of that scenario is replaced. @throws KnownError.
 */
export const pushMetrics = async (
  gateway: string,
  scenario: string,
  text: string,
  env: NodeJS.ProcessEnv,
): Promise<void> => {
  const url = `${gateway}/metrics/job/seqgap/scenario/${encodeURIComponent(scenario)}`;
  let reply: Response;
  try {
    reply = await fetch(url, {
      method: 'PUT',
      headers: { 'content-type': 'text/plain; version=0.0.4', ...authorization(env) },
      body: text,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    throw failed(url, messageOf(cause), error);
  }
  if (reply.ok) return;
  const [said = ''] = redact(await reply.text().catch(() => ''))
    .trim()
    .split('\n');
  throw failed(url, brief(`${reply.status} ${said}`));
};
