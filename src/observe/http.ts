import { KnownError } from '../model/error.js';
import type { HttpLogin } from '../model/login.js';
import type { ReadPlan } from '../model/observe-plan.js';
import type { Clock, Nanoseconds } from '../model/time.js';
import { failureOf } from '../trigger/ask/bound.js';
import { HttpTransport, type Reply } from '../trigger/transport/http.js';
import { readObserved } from './read.js';
import type { Asker } from './source.js';

const bearer = ({ apiKey }: HttpLogin): Record<string, string> =>
  apiKey === null ? {} : { authorization: `Bearer ${apiKey}` };

/** Whatever is answered is an answer. */
const ANY = Array.from({ length: 300 }, (_, index) => 300 + index);

/** A GET of a URL, each on a connection of its own. Rejects with KnownError where it fails, or is refused by its status. */
export const getOf = (
  { url, http }: { readonly url: string; readonly http: HttpLogin },
  timeout_ns: Nanoseconds,
  clock: Clock,
  ok: 'success' | 'any status' = 'success',
): ((signal: AbortSignal) => Promise<Reply>) => {
  const auth = http.user === null ? 'none' : 'basic';
  const transport = new HttpTransport(http, { auth, headers: {}, query: {} }, {}, clock);
  const { pathname, search } = new URL(url);
  const request = {
    method: 'GET',
    path: `${pathname}${search}`,
    query: {},
    headers: bearer(http),
    json: null,
    form: null,
    body: null,
    ok: ok === 'success' ? [] : ANY,
  };
  return async (signal) => {
    const result = await transport.exec(request, { timeout_ns, signal });
    const failure = failureOf(result);
    if (failure !== null) throw new KnownError(failure);
    return result;
  };
};

export const httpAsker = (
  { name, timeout_ns }: { readonly name: string; readonly timeout_ns: Nanoseconds },
  source: {
    readonly url: string;
    readonly http: HttpLogin;
    readonly read: ReadPlan;
    readonly shape: string | null;
  },
  clock: Clock,
): Asker => {
  const get = getOf(source, timeout_ns, clock);
  return { subject: name, ask: async (signal) => readObserved(source, (await get(signal)).stdout, name) };
};
