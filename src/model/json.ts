import { plainJson } from './outside.js';
import { redact } from './secret.js';

const SECRET_KEYS = new Set(['password', 'passphrase', 'apiKey']);

/**
 * Redacts every string value, not the finished text: a secret such as `1` must not tear the JSON apart. Login
 * secrets are hidden by their key as well, in case one was never registered.
 */
const hideSecrets = (key: string, value: unknown): unknown => {
  if (typeof value !== 'string') return value;
  return SECRET_KEYS.has(key) ? '***' : redact(value);
};

/** JSON without secrets, whose strings show nothing but what they are. For files, and for what programs read. */
export const redactedJson = (value: unknown, indent?: number): string =>
  plainJson(JSON.stringify(value, hideSecrets, indent));

/** What a text says in JSON; null: it is none. */
export const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};
