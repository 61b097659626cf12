/**
 * Secrets are known to one registry, and every text that leaves the program (results, logs, errors) goes
 * through `redact`. Registered by the scenario loader the moment a `${env:…}` or `${file:…}` is read.
 */
const secrets = new Set<string>();

export const registerSecret = (value: string): void => {
  if (value !== '') secrets.add(value);
};

/** Replaces every registered secret, also in its JSON-escaped and URL-encoded forms, by `***`. */
export const redact = (text: string): string => {
  let out = text;
  // Longest first: one secret may be the beginning of another, whose rest would be left to read.
  for (const secret of [...secrets].sort((a, b) => b.length - a.length)) {
    for (const form of new Set([secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)]))
      out = out.split(form).join('***');
  }
  return out;
};

/** For tests. */
export const forgetSecrets = (): void => secrets.clear();
