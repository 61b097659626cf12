import { expect, it } from 'vitest';
import type { Trigger } from '../../../src/trigger/trigger.js';
import type { UndoJournal } from '../../../src/trigger/act/journal.js';
import { switchSyncOff } from '../../../src/trial/control-arm.js';

it('a control arm without nodes is refused: nothing would be switched off', async () => {
  // Neither is asked for anything.
  const pair = { trigger: {} as Trigger, journal: {} as UndoJournal };
  await expect(switchSyncOff([], pair, () => {})).rejects.toThrow(
    'control arm: there is no node whose state sync could be switched off',
  );
});
