import { EXIT, KnownError } from '../model/error.js';
import { redact, registerSecret } from '../model/secret.js';
import { unknownName } from '../scenario/problem.js';
import type { Driver } from './schema.js';

const usage = (message: string, remedy?: string): KnownError =>
  new KnownError(message, { exitCode: EXIT.usage, ...(remedy === undefined ? {} : { remedy }) });

/** A secret that stands in the scenario itself would stand in every copy of it. */
const requireReference = (who: string, name: string, value: string): void => {
  if (value === '' || redact(value) !== value) return;
  registerSecret(value);
  throw usage(
    `${who}: the parameter "${name}" is a secret and may not stand in the scenario`,
    'write ${env:NAME} or ${file:PATH}',
  );
};

/**
 * The values of a driver's parameters; `who` needs them (`node fw-a`). Throws KnownError (usage) for one that is missing or
 * unknown.
 */
export const paramValues = (
  driver: Driver,
  who: string,
  given: Readonly<Record<string, string>>,
): Record<string, string> => {
  for (const name of Object.keys(given)) {
    if (Object.hasOwn(driver.params, name)) continue;
    throw usage(
      `${who}: ${unknownName(name, `a parameter of driver ${driver.name}`, Object.keys(driver.params))}`,
    );
  }
  const values: Record<string, string> = {};
  for (const [name, { about, default: preset, secret, needs }] of Object.entries(driver.params)) {
    const value = given[name] ?? preset;
    if (value === undefined)
      throw usage(
        `${who}: driver ${driver.name} needs the parameter "${name}" (${about})`,
        'give it under `params`',
      );
    if (needs !== undefined && Object.hasOwn(given, name) && !Object.hasOwn(given, needs))
      throw usage(
        `${who}: the parameter "${name}" needs "${needs}" (${driver.params[needs]?.about ?? 'unknown'})`,
        'give both under `params`, or neither',
      );
    if (secret) requireReference(who, name, value);
    values[name] = value;
  }
  return values;
};
