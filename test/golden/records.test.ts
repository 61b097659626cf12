import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readRecord } from '../../src/foreign/record/read-record.js';
import { CONTEXT, told } from '../unit/foreign/record/context.js';

/* Logs of devices and clouds as they print them (README.md there says where from), beside what is read of them. */
const folder = join(import.meta.dirname, 'records');
const samples = readdirSync(folder).filter((name) => /\.(?:log|json)$/.test(name));

test.each(samples)('%s', async (name) => {
  const { form, evidence, span, zoned, assumptions, notes } = await readRecord(join(folder, name), CONTEXT);
  const said = [
    `${form}, ${zoned ? 'with' : 'without'} a zone`,
    `${span === null ? '?' : new Date(span.lo_ms).toISOString()} to ${span === null ? '?' : new Date(span.hi_ms).toISOString()}`,
    ...assumptions.map((each) => `assumed: ${each}`),
    ...notes.map((each) => `note: ${each}`),
    ...evidence.map((each) => told(each)),
  ];
  await expect(`${said.join('\n')}\n`).toMatchFileSnapshot(join(folder, `${name}.txt`));
});
