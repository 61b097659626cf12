import { usage } from '../../model/error.js';
import { findDriver } from '../../trigger/driver/driver-file.js';
import type { Driver } from '../../trigger/driver/schema.js';
import { type Answers, answer, type Ask } from './answers.js';
import { askEquipment } from './equipment.js';
import type { Given } from './params.js';
import {
  NO_DRIVER,
  oneOf,
  orNothing,
  parseHost,
  parseName,
  parseNumber,
  parseUser,
  platformChoices,
} from './choices.js';
import { parseVantage } from './choices.js';

/** Options that are about nodes. */
const OF_NODES = [
  'node',
  'user',
  'login',
  'param',
  'power',
  'power-node',
  'power-user',
  'power-param',
] as const;

const refuseNodes = (given: Given): void => {
  const extra = OF_NODES.find((option) => given[option] !== undefined && given[option].length > 0);
  if (extra !== undefined)
    throw usage(
      `--${extra}: without a driver no node is asked or moved`,
      `leave --${extra} out, or name a platform`,
    );
};

const PORT = parseNumber('a port', 1, 65_535);

/**
 * Asks what is not given, in the order in which one would tell it. Throws KnownError (usage) for what cannot be meant,
 * and whatever `ask` throws where there is no answer.
 */
export const collectAnswers = async (
  given: Given,
  drivers: ReadonlyMap<string, Driver>,
  ask: Ask,
): Promise<Answers> => {
  const choices = platformChoices(drivers);
  const platform = await answer(
    ask,
    {
      option: 'PLATFORM (such as: seqgap init keepalived)',
      text: 'Platform of the pair',
      preset: null,
      choices,
      parse: oneOf(choices, 'a platform'),
    },
    given.platform,
  );
  if (platform === NO_DRIVER) refuseNodes(given);
  const found =
    platform === NO_DRIVER
      ? null
      : await askEquipment(ask, findDriver(drivers, platform, 'platform'), given, drivers);
  const one = <T>(option: string, text: string, preset: string | null, parse: (word: string) => T) => ({
    option,
    text,
    preset,
    parse,
  });
  const from = await answer(
    ask,
    one(
      '--from PLACE',
      'Where to probe from: local (this host), USER@HOST (by ssh), netns:NAME or exec:PREFIX',
      'local',
      parseVantage,
    ),
    given.from,
  );
  const target = await answer(
    ask,
    one('--target HOST', 'Host behind the pair that answers ping', null, parseHost),
    given.target,
  );
  const port = await answer(
    ask,
    one('--tcp PORT', 'TCP port of it, for new connections (empty: none)', '', orNothing(PORT)),
    given.tcp,
  );
  const control = await answer(
    ask,
    one('--control HOST', 'Host that is reached without the pair (empty: none)', '', orNothing(parseHost)),
    given.control,
  );
  const shellUser = await answer(
    ask,
    one('--shell USER', 'User of an SSH session through the pair (empty: none)', '', orNothing(parseUser)),
    given.shell,
  );
  const repeat = await answer(
    ask,
    one('--repeat N', 'Number of trials', '4', parseNumber('a number of trials', 1, 1000)),
    given.repeat,
  );
  const action = found?.action ?? NO_DRIVER;
  const name = await answer(
    ask,
    one(
      '--name NAME',
      'Name of the scenario',
      `${platform}-${action}`.replace('manual-manual', 'manual'),
      parseName,
    ),
    given.name,
  );
  return { name, equipment: found, action, from, target, port, control, shellUser, repeat };
};
