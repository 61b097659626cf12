/**
 * Secrets are known to one registry, and every text that leaves the program (results, logs, errors) goes
 * through `redact`. Registered by the scenario loader the moment a `${env:…}` or `${file:…}` is read.
 */
const secrets = new Set<string>();

/** Every form of every secret, the longest first: one may be the beginning of another, whose rest would be left to read. */
let forms: readonly string[] = [];

/** Within single quotes, as a POSIX shell wants them: the quotes around it may hold more than the secret. */
const inQuotes = (text: string): string => text.replaceAll("'", `'\\''`);

const XML_ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};

/** XML 1.0 §2.4: quotes need no escape outside of attributes, and an apostrophe has several. */
const inXml = (text: string): string[] => {
  const element = text.replace(/[&<>]/g, (sign) => XML_ENTITIES[sign] ?? sign);
  const attribute = text.replace(/[&<>"]/g, (sign) => XML_ENTITIES[sign] ?? sign);
  return [
    element,
    ...['&apos;', '&#39;', '&#x27;'].map((sign) => attribute.replaceAll("'", sign)),
    attribute,
  ];
};

/** A line for a shell may itself be quoted once more, for the shell of an SSH server. */
const formsOf = (secret: string): string[] => {
  const quoted = inQuotes(secret);
  const written = [secret, quoted, inQuotes(quoted), ...inXml(secret)];
  return [
    ...written,
    ...written.map((form) => JSON.stringify(form).slice(1, -1)),
    encodeURIComponent(secret),
    new URLSearchParams({ '': secret }).toString().slice(1),
  ];
};

/** What is shorter stands in any text by chance: to mask it would garble figures, and show where it was. */
export const LEAST_SECRET = 4;

/** What is shorter than `LEAST_SECRET` is not masked. */
export const registerSecret = (value: string): void => {
  if (value.length < LEAST_SECRET || secrets.has(value)) return;
  secrets.add(value);
  forms = [...new Set([...secrets].flatMap(formsOf))].sort((a, b) => b.length - a.length);
};

/**
 * Replaces every registered secret by `***`, also as it is written in shell quotes, in JSON, in XML and in a URL or
 * a form.
 */
export const redact = (text: string): string => {
  let out = text;
  for (const form of forms) out = out.split(form).join('***');
  return out;
};

/** For tests. */
export const forgetSecrets = (): void => {
  secrets.clear();
  forms = [];
};
