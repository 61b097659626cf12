import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { RECORD_FORMS } from '../../../src/foreign/record/forms.js';
import { loadDrivers } from '../../../src/trigger/driver/driver-file.js';
import { page, rows, section } from './markdown.js';

const text = page('records.md');
const platforms = rows(section(text, '# Records: what platforms write down by themselves')).map(
  ([name = '']) => name,
);

test('every form that is read stands in the table', () => {
  const forms = RECORD_FORMS.map(({ name }) =>
    name.replace(/^(?:Junos|BSD).*/, (said) => (said.startsWith('J') ? 'Juniper' : 'FreeBSD')),
  );
  for (const form of forms) expect(platforms.join('\n')).toContain(form.split(' ')[0]);
  expect(platforms).toHaveLength(RECORD_FORMS.length + 3);
});

test('every sample says where it is from', () => {
  const folder = join(import.meta.dirname, '../../golden/records');
  const told = rows(page('../test/golden/records/README.md')).map(([name = '']) => name.replaceAll('`', ''));
  expect(told.toSorted()).toEqual(readdirSync(folder).filter((name) => /\.(?:log|json)$/.test(name)));
});

test('the drivers that read a history are those that the page names', async () => {
  const drivers = [...(await loadDrivers([])).values()].filter(({ history }) => history !== undefined);
  expect(drivers.map(({ name }) => name).toSorted()).toEqual([
    'asa',
    'fortios',
    'keepalived',
    'panos-cli',
    'srx',
    'vyos',
  ]);
  expect(text.replaceAll('\n', ' ')).toContain(
    'keepalived, VyOS, ASA, PAN-OS by its command line, FortiOS and SRX',
  );
});
