import { KnownError } from '../model/error.js';
import type { HttpLogin } from '../model/login.js';
import type { ReadPlan } from '../model/observe-plan.js';
import type { Clock, Nanoseconds } from '../model/time.js';
import { failureOf } from '../trigger/bound.js';
import { HttpTransport } from '../trigger/http.js';
import { readAnswer } from './read.js';
import type { Asker } from './source.js';

const bearer = ({ apiKey }: HttpLogin): Record<string, string> =>
  apiKey === null ? {} : { authorization: `Bearer ${apiKey}` };

/** A GET of a URL, each on a connection of its own. */
export const httpAsker = (
  { name, timeout_ns }: { readonly name: string; readonly timeout_ns: Nanoseconds },
  { url, http, read }: { readonly url: string; readonly http: HttpLogin; readonly read: ReadPlan },
  clock: Clock,
): Asker => {
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
    ok: [],
  };
  return {
    subject: name,
    ask: async (signal) => {
      const result = await transport.exec(request, { timeout_ns, signal });
      const failure = failureOf(result);
      if (failure !== null) throw new KnownError(failure);
      return readAnswer(read, result.stdout, name);
    },
  };
};
