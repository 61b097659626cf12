import { formsOf, LEAST_SECRET } from './secret-forms.js';

export { LEAST_SECRET } from './secret-forms.js';

/**
 * Secrets are known to one registry, and every text that leaves the program (results, logs, errors) goes
 * through `redact`. Registered by the scenario loader the moment a `${env:…}` or `${file:…}` is read.
 */
const secrets = new Set<string>();

/** Signs of an anchor that are looked at: more hardly tell more. */
const LONGEST_ANCHOR = 8;

interface Search {
  /** Finds in one pass, however many secrets there are, which forms may stand in a text; null: there are none to find. */
  readonly filter: RegExp | null;
  /** In the order in which they are to be replaced; a pattern is compiled when it is wanted. */
  readonly forms: readonly { readonly pattern: () => RegExp; readonly anchors: readonly string[] }[];
}

const once = (source: () => string): (() => RegExp) => {
  let made: RegExp | null = null;
  return () => (made ??= new RegExp(source(), 'g'));
};

const searchFor = (all: Iterable<string>): Search => {
  const forms = formsOf(all);
  // Of one length, so that none is the beginning of another, and is found in its place.
  const length = forms
    .flatMap(({ anchors }) => anchors)
    .reduce((least, anchor) => Math.min(least, anchor.length), LONGEST_ANCHOR);
  const made = forms.map(({ pattern, anchors }) => ({
    pattern: once(pattern),
    anchors: anchors.map((each) => each.slice(0, length).toLowerCase()),
  }));
  const wanted = [...new Set(made.flatMap(({ anchors }) => anchors))].sort();
  const escaped = wanted.map((anchor) => anchor.replaceAll('\\', '\\\\'));
  return { filter: wanted.length === 0 ? null : new RegExp(escaped.join('|'), 'gi'), forms: made };
};

/** null: not made yet, since secrets come one by one. */
let search: Search | null = null;

/** What is shorter than `LEAST_SECRET` is not masked. */
export const registerSecret = (value: string): void => {
  if (value.length < LEAST_SECRET || secrets.has(value)) return;
  secrets.add(value);
  search = null;
};

/** Names in a URL's query under which keys travel. */
const TELLING = /^(?:.*[-_])?(?:token|api-?key|key|passw(?:or)?d|pwd|secret|sig|signature|auth)$/i;

/** Of a query: a shorter value (`?key=name`) is a word like others. */
const LEAST_IN_URL = 8;

/** The password in a URL, and what its query holds under a telling name. What is no URL has neither. */
export const registerUrlSecrets = (url: string): void => {
  if (!URL.canParse(url)) return;
  const { password, searchParams } = new URL(url);
  registerSecret(password);
  // A password decodes as a form's value does, but for its plus signs.
  registerSecret(new URLSearchParams(`p=${password.replaceAll('+', '%2B')}`).get('p') ?? '');
  for (const [name, value] of searchParams)
    if (TELLING.test(name) && value.length >= LEAST_IN_URL) registerSecret(value);
};

const foundIn = (text: string, filter: RegExp): ReadonlySet<string> => {
  const found = new Set<string>();
  filter.lastIndex = 0;
  for (let match = filter.exec(text); match !== null; match = filter.exec(text)) {
    found.add(match[0].toLowerCase());
    // One may begin within another.
    filter.lastIndex = match.index + 1;
  }
  return found;
};

/**
 * Replaces every registered secret by `***`, and each of its lines: as it is, in other case (six characters and more),
 * as shells, JSON, XML and URLs (once or twice) write it, in hexadecimal digits, and in base64, also as part of a
 * longer text in base64. Time is proportional to the text.
 */
export const redact = (text: string): string => {
  if (secrets.size === 0) return text;
  search ??= searchFor(secrets);
  const { filter, forms } = search;
  const found = filter === null ? new Set<string>() : foundIn(text, filter);
  let out = text;
  for (const { pattern, anchors } of forms)
    if (anchors.length === 0 || anchors.some((anchor) => found.has(anchor)))
      out = out.replace(pattern(), '***');
  return out;
};

/** For tests. */
export const forgetSecrets = (): void => {
  secrets.clear();
  search = null;
};
