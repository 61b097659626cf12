import { usage } from '../../model/error.js';
import type { EvidenceRecord, RecordContext } from '../../model/evidence.js';
import { brief } from '../../model/outside.js';
import { byteChunks, encodingOf, lineText } from '../encoding.js';
import { LineSplitter } from '../lines.js';
import { plainLine } from '../plain-line.js';
import { findStamp, LONGEST_STAMPED, StampFinder, type Stamp } from '../stamp.js';
import { plural } from '../targets.js';
import { UnreadLines } from '../unread-lines.js';
import type { Instant, ReadLine, RecordForm } from './form.js';
import { RECORD_FORMS } from './forms.js';
import { Keeper } from './keeper.js';
import { StampOrder } from './order.js';
import { RecordClock } from './record-clock.js';
import { placeInTime, Span } from './span.js';

/** In front of a line; a time further behind is a part of what it says. */
const FRONT = 120;
const AT_FRONT = /^[\W_]{0,4}\d/;

const PROGRAM = String.raw`[\w/.()@-]+`;
const LEVEL = '(?:emerg|alert|crit|err|error|warning|notice|info|debug)';
const DAEMON = String.raw`(?:corosync|pacemaker[\w-]*|crmd|attrd|cib|stonith-ng|lrmd|pengine)\b`;
/** Behind the time: `fw-a kernel: `, `fw-a notice sod[12]: `, `[12] fw-a corosync `. */
const HOST = new RegExp(
  String.raw`^(?:\[\d+\]\s+)?([A-Za-z\d](?:[\w.:-]*\w)?)\s+(?:(?:${LEVEL}\s+)?${PROGRAM}(?:\[[^\]]*\])?:|${DAEMON})`,
);
/** RFC 5424: `<134>1 TIME fw-a `. */
const STRUCTURED = /^<\d{1,3}>1 /;

const hostOf = (line: string, rest: string): string | null => {
  if (STRUCTURED.test(line)) {
    const host = /^\S+/.exec(rest)?.[0] ?? '-';
    return host === '-' ? null : host;
  }
  return HOST.exec(rest)?.[1] ?? null;
};

interface OpenForm {
  readonly form: RecordForm;
  read: ReadLine | null;
  lines: number;
  told: number;
}

/** Reads the lines of devices, of one form or of several mixed by a server. */
export class TextRecord {
  readonly #file: string;
  readonly #keeper: Keeper;
  readonly #clock: RecordClock;
  readonly #span = new Span();
  readonly #order = new StampOrder();
  readonly #unread = new UnreadLines();
  readonly #finder = new StampFinder(null);
  readonly #forms: OpenForm[] = RECORD_FORMS.map((form) => ({ form, read: null, lines: 0, told: 0 }));
  readonly #splitter: LineSplitter;
  readonly #bytes: (chunk: Buffer | null) => Buffer;
  readonly #context: RecordContext;
  #untimed = 0;
  #first: string | null = null;

  constructor(file: string, context: RecordContext, head: Buffer) {
    this.#file = file;
    this.#context = context;
    this.#keeper = new Keeper(file, context);
    this.#clock = new RecordClock(context);
    const encoding = encodingOf(head);
    this.#bytes = byteChunks(encoding);
    const decode = lineText(encoding);
    this.#splitter = new LineSplitter(
      (bytes, from, to) =>
        this.#take(plainLine(decode(bytes, from, Math.min(to, from + 4 * LONGEST_STAMPED)))),
      () => true,
    );
  }

  /** null: no more. */
  push(chunk: Buffer | null): void {
    this.#splitter.push(this.#bytes(chunk));
    if (chunk === null) this.#splitter.end();
  }

  #take(whole: string): void {
    const line = whole.slice(0, LONGEST_STAMPED);
    if (line.trim() !== '') this.#first ??= line;
    const open = this.#forms.find(({ form }) => form.knows(line));
    const text = open?.form.plain?.(line) ?? line;
    const stamp = this.#stampOf(text, open !== undefined);
    const at = stamp === null ? null : this.#clock.place(stamp);
    const host = stamp === null ? null : (hostOf(line, stamp.rest) ?? open?.form.writer?.(line) ?? null);
    if (at !== null) {
      this.#span.see(at);
      if (open?.form.listed?.(line) !== true) this.#order.see(host, at, this.#splitter.lines, line);
    }
    if (open !== undefined) this.#read(open, line, at, host);
  }

  #read(open: OpenForm, line: string, at: Instant | null, host: string | null): void {
    open.lines += 1;
    for (const naming of open.form.names?.(line) ?? []) this.#keeper.names.learn(naming);
    open.read ??= open.form.open();
    const reading = open.read({ text: line, at });
    if (reading === null) {
      this.#unread.add(line, false);
      return;
    }
    for (const told of reading) {
      const when = told.at ?? at;
      if (when === null) this.#untimed += 1;
      else {
        open.told += 1;
        this.#keeper.add(told, when, { host, line: this.#splitter.lines, text: line });
      }
    }
  }

  #stampOf(text: string, known: boolean): Stamp | null {
    // What journalctl says of the whole.
    if (text.startsWith('-- ')) return null;
    let found = this.#finder.find(text);
    if (found !== null && found.style.startsWith('epoch') && !AT_FRONT.test(text))
      found = findStamp(text, 'dated') ?? findStamp(text, 'yearless');
    if (found === null || known) return found;
    return text.length - found.rest.length <= FRONT ? found : null;
  }

  /** @throws KnownError, if no line is of a form that is known. */
  finish(cut: boolean): EvidenceRecord {
    const known = this.#forms.filter(({ lines }) => lines > 0);
    if (known.length === 0) throw unknown(this.#file, this.#first);
    for (const { host, at, line, text } of this.#order.set)
      this.#keeper.add({ kind: 'clock-set', subject: null, value: null }, at, { host, line, text });
    const { evidence, notes } = this.#keeper.finish();
    const telling = known.filter(({ told }) => told > 0);
    const named = (telling.length > 0 ? telling : known).toSorted((a, b) => b.lines - a.lines);
    const { span } = this.#span;
    const zoned = !this.#clock.unzoned || this.#context.zone_min !== null;
    return {
      form: named.map(({ form }) => form.name).join(', '),
      evidence: evidence.toSorted((a, b) => a.line - b.line),
      span,
      zoned,
      assumptions: [
        ...this.#clock.assumed,
        ...(this.#order.newestFirst ? ['it begins with what is newest'] : []),
      ],
      notes: [
        ...placeInTime(span, evidence.length, this.#context, zoned),
        ...notes,
        ...this.#order.said,
        ...(this.#clock.zoned && this.#clock.unzoned && this.#context.zone_min === null
          ? ['some of its times have a zone, others have none']
          : []),
        ...this.#unread.said,
        ...(this.#untimed === 0
          ? []
          : [
              `${plural(this.#untimed, 'line')} that would tell something ${this.#untimed === 1 ? 'has' : 'have'} no date and time`,
            ]),
        ...(this.#clock.impossible === 0
          ? []
          : [`${plural(this.#clock.impossible, 'line')} with a time that no clock shows`]),
        ...(cut ? ['the end of the file is missing'] : []),
        ...(this.#splitter.skipped === 0
          ? []
          : [`${plural(this.#splitter.skipped, 'line')} of more than 64 KiB: skipped`]),
      ],
    };
  }
}

const unknown = (file: string, first: string | null): Error =>
  first === null
    ? usage(`${file} is empty`, 'give the log of a device, or of a cloud, from the time of the run')
    : usage(
        `${file}: none of its lines is of a record that is known; it begins with ${JSON.stringify(brief(first, 60))}`,
        `read are: ${RECORD_FORMS.map(({ name, example }) => `${name} (${example})`).join('; ')}; and as JSON the Azure activity log, AWS CloudTrail and operations of gcloud`,
      );
