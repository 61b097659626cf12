import { EXIT, KnownError } from '../../model/error.js';
import { redact, registerSecret } from '../../model/secret.js';
import { unknownName } from '../../yaml/problem.js';
import type { Driver } from './schema.js';

/** What is wrong with one parameter. */
export interface ParamProblem {
  readonly name: string;
  readonly message: string;
  readonly remedy: string | null;
}

/** A secret that stands in the scenario itself would stand in every copy of it. */
const isLaidOpen = (value: string): boolean => {
  if (value === '' || redact(value) !== value) return false;
  registerSecret(value);
  return true;
};

/** Parameters that are unknown, missing, alone, or secrets laid open. */
export const paramProblems = (
  driver: Driver,
  given: Readonly<Record<string, string>>,
): readonly ParamProblem[] => {
  const names = Object.keys(driver.params);
  const unknown = Object.keys(given)
    .filter((name) => !names.includes(name))
    .map((name) => ({
      name,
      message: unknownName(name, `a parameter of driver ${driver.name}`, names),
      remedy: null,
    }));
  const wrong = Object.entries(driver.params).flatMap(
    ([name, { about, default: preset, secret, needs }]): ParamProblem[] => {
      const value = given[name] ?? preset;
      if (value === undefined)
        return [
          {
            name,
            message: `driver ${driver.name} needs the parameter "${name}" (${about})`,
            remedy: 'give it under `params`',
          },
        ];
      const alone = needs !== undefined && Object.hasOwn(given, name) && !Object.hasOwn(given, needs);
      return [
        ...(alone
          ? [
              {
                name,
                message: `the parameter "${name}" needs "${needs}" (${driver.params[needs]?.about ?? 'unknown'})`,
                remedy: 'give both under `params`, or neither',
              },
            ]
          : []),
        ...(secret && isLaidOpen(value)
          ? [
              {
                name,
                message: `the parameter "${name}" is a secret and may not stand in the scenario`,
                remedy: 'write ${env:NAME} or ${file:PATH}',
              },
            ]
          : []),
      ];
    },
  );
  return [...unknown, ...wrong];
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
  const [first] = paramProblems(driver, given);
  if (first !== undefined)
    throw new KnownError(`${who}: ${first.message}`, {
      exitCode: EXIT.usage,
      ...(first.remedy === null ? {} : { remedy: first.remedy }),
    });
  return Object.fromEntries(
    Object.entries(driver.params).map(([name, { default: preset }]) => [name, given[name] ?? preset ?? '']),
  );
};
