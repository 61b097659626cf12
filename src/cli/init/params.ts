import { usage } from '../../model/error.js';
import type { Driver } from '../../trigger/driver/schema.js';
import { unknownName } from '../../yaml/problem.js';
import { answer, type Ask } from './answers.js';

/** What one word of `--param` says: of one node, or of every node (null). */
interface NodeParam {
  readonly node: string | null;
  readonly name: string;
  readonly value: string;
}

const parseWord = (option: string, word: string): NodeParam => {
  const [, node = null, name = '', value = ''] = /^(?:([a-z0-9_-]+)\.)?([a-z0-9_-]+)=(.+)$/s.exec(word) ?? [];
  if (name !== '') return { node, name, value };
  throw usage(`--${option}: "${word}" is no parameter`, `write --${option} NAME=VALUE or NODE.NAME=VALUE`);
};

/** Parameters without a default, and the one that an action of the driver's user runs (generic-ssh, generic-exec). */
const isNeeded = (driver: Driver, name: string, action: string): boolean =>
  driver.params[name]?.default === undefined || name === action;

export interface ParamsAsked {
  /** null: nothing to ask. */
  readonly driver: Driver | null;
  readonly nodes: readonly string[];
  readonly action: string;
  readonly option: 'param' | 'power-param';
  readonly given: readonly string[];
}

/** The parameters of every node, by its name. Throws KnownError (usage) for an unknown one, or one that is missing. */
export const askParams = async (
  ask: Ask,
  { driver, nodes, action, option, given }: ParamsAsked,
): Promise<Record<string, Record<string, string>>> => {
  const words = given.map((word) => parseWord(option, word));
  if (driver === null && words.length > 0)
    throw usage(`--${option} is given, but no driver that it could be for`, `leave --${option} out`);
  const names = Object.keys(driver?.params ?? {});
  for (const { node, name } of words) {
    if (!names.includes(name))
      throw usage(
        `--${option}: ${unknownName(name, `a parameter of driver ${driver?.name ?? ''}`, names)}`,
        `seqgap drivers show ${driver?.name ?? ''}`,
      );
    if (node !== null && !nodes.includes(node))
      throw usage(
        `--${option}: ${unknownName(node, 'a node', nodes)}`,
        `write NODE.${name}=VALUE, or ${name}=VALUE`,
      );
  }
  const all: Record<string, Record<string, string>> = {};
  for (const node of nodes) {
    const values: Record<string, string> = {};
    for (const name of names) {
      const own = words.findLast((word) => word.name === name && word.node === node);
      const word = own ?? words.findLast((each) => each.name === name && each.node === null);
      const about = driver?.params[name]?.about ?? name;
      const question = {
        option: `--${option} ${node}.${name}=VALUE`,
        text: `${node}, ${name}: ${about}`,
        preset: null,
        parse: (text: string) => text,
      };
      if (word !== undefined) values[name] = word.value;
      else if (driver !== null && isNeeded(driver, name, action))
        values[name] = await answer(ask, question, undefined);
    }
    all[node] = values;
  }
  return all;
};

/** The options of `seqgap init`, as they were given. */
export interface Given {
  readonly platform?: string | undefined;
  readonly node: readonly string[];
  readonly user?: string | undefined;
  readonly login?: string | undefined;
  readonly param: readonly string[];
  readonly power?: string | undefined;
  readonly 'power-node': readonly string[];
  readonly 'power-user'?: string | undefined;
  readonly 'power-param': readonly string[];
  readonly action?: string | undefined;
  readonly from?: string | undefined;
  readonly target?: string | undefined;
  readonly tcp?: string | undefined;
  readonly control?: string | undefined;
  readonly shell?: string | undefined;
  readonly repeat?: string | undefined;
  readonly name?: string | undefined;
}
