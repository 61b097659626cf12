import type { Instant, RecordForm } from './form.js';
import { bigIp } from './forms/big-ip.js';
import { carp } from './forms/carp.js';
import { checkPoint } from './forms/check-point.js';
import { ciscoAsa } from './forms/cisco-asa.js';
import { fortios } from './forms/fortios.js';
import { junosSrx } from './forms/junos-srx.js';
import { keepalived } from './forms/keepalived.js';
import { linux } from './forms/linux.js';
import { pacemaker } from './forms/pacemaker.js';
import { panOs } from './forms/pan-os.js';

/** The first that knows a line reads it: those with a mark of their own come before those of any host. */
export const RECORD_FORMS: readonly RecordForm[] = [
  ciscoAsa,
  panOs,
  fortios,
  junosSrx,
  checkPoint,
  bigIp,
  keepalived,
  carp,
  pacemaker,
  linux,
];

const WHENEVER: Instant = { lo_ms: 0, hi_ms: 0 };

/** What the lines of a text tell, in words, whenever that was. */
export const toldIn = (text: string): string[] => {
  const open = RECORD_FORMS.map((form) => ({ form, read: form.open() }));
  return text.split(/\r?\n/).flatMap((line) => {
    const read = open.find(({ form }) => form.knows(line))?.read;
    return (read?.({ text: line, at: WHENEVER }) ?? []).map(({ kind, subject, value }) =>
      [kind, ...(subject === null ? [] : [subject]), ...(value === null ? [] : ['=', value])].join(' '),
    );
  });
};
