import { KnownError, messageOf } from '../../model/error.js';
import { brief } from '../../model/outside.js';
import { redact, registerSecret } from '../../model/secret.js';

/** After this long without an answer nobody listens. */
const TIMEOUT_MS = 10_000;
/** Characters of an answer that says why not; the reason is in the first line of it. */
const MOST_SAID = 4096;

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

/** How an answer begins, as far as it came in time: it may go on for gigabytes, or for ever. */
const beginningOf = async ({ body }: Response): Promise<string> => {
  let said = '';
  try {
    for await (const piece of body?.pipeThrough(new TextDecoderStream()) ?? []) {
      said += piece;
      if (said.length >= MOST_SAID) break;
    }
  } catch {
    // It broke off, or the time is over: the status is known.
  }
  return said.slice(0, MOST_SAID);
};

const reasonOf = (error: unknown): string => {
  if (error instanceof Error && error.name === 'TimeoutError')
    return `no answer within ${TIMEOUT_MS / 1000} s`;
  return messageOf(error instanceof Error && error.cause !== undefined ? error.cause : error);
};

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
    throw failed(url, reasonOf(error), error);
  }
  if (reply.ok) return;
  const [said = ''] = redact(await beginningOf(reply))
    .trim()
    .split('\n');
  throw failed(url, brief(`${reply.status} ${said}`));
};
