import { usage } from '../../model/error.js';
import type { EvidenceRecord, RecordContext } from '../../model/evidence.js';
import { byteChunks, encodingOf } from '../encoding.js';
import { JsonElements } from '../json-elements.js';
import { findStamp } from '../stamp.js';
import type { CloudForm } from './cloud.js';
import { azureActivity } from './clouds/azure-activity.js';
import { cloudTrail } from './clouds/cloud-trail.js';
import { gcloudOperations } from './clouds/gcloud-operations.js';
import { Keeper } from './keeper.js';
import { placeInTime, Span } from './span.js';
import { RecordClock } from './record-clock.js';

const CLOUD_FORMS: readonly CloudForm[] = [azureActivity, cloudTrail, gcloudOperations];

const MARK = '\ufeff';
/** The list is the document itself: under a key it is read like the others. */
const BARE = 'entries';

/** Which cloud's log begins so; null: none, or it is no JSON. */
export const cloudFormOf = (head: string): CloudForm | null =>
  /^\ufeff?\s*[[{]/.test(head) ? (CLOUD_FORMS.find(({ knows }) => knows(head)) ?? null) : null;

/** Reads the entries of a cloud's log. */
export class CloudRecord {
  readonly #file: string;
  readonly #form: CloudForm;
  readonly #context: RecordContext;
  readonly #keeper: Keeper;
  readonly #clock: RecordClock;
  readonly #span = new Span();
  readonly #elements: JsonElements;
  readonly #bytes: (chunk: Buffer | null) => Buffer;
  #entry = 0;
  #unread = 0;
  #untimed = 0;
  #foreign = false;
  #begun = false;

  constructor(file: string, context: RecordContext, form: CloudForm, head: Buffer) {
    this.#file = file;
    this.#form = form;
    this.#context = context;
    // Whoever the user says keeps it: its stamps are those of the cloud.
    this.#keeper = new Keeper(file, { ...context, owner: null });
    this.#clock = new RecordClock(context);
    const encoding = encodingOf(head);
    this.#bytes = byteChunks(encoding);
    const text = new TextDecoder(
      encoding === 'utf-16le' || encoding === 'utf-16be' ? encoding : 'utf-8',
    ).decode(head);
    const bare = text.replace(MARK, '').trimStart().startsWith('[');
    const key = bare
      ? BARE
      : (form.keys.find((each) => new RegExp(`"${each}"\\s*:\\s*\\[`).test(text)) ?? form.keys[0] ?? BARE);
    this.#elements = new JsonElements(
      key,
      () => {},
      (element) => this.#take(element),
    );
    if (bare) this.#elements.push(Buffer.from(`{"${BARE}":`));
  }

  /** null: no more. */
  push(chunk: Buffer | null): void {
    const bytes = this.#bytes(chunk);
    const marked = !this.#begun && bytes.subarray(0, 3).equals(Buffer.from(MARK));
    this.#begun = true;
    if (!this.#foreign && !this.#elements.push(marked ? bytes.subarray(3) : bytes)) this.#foreign = true;
  }

  #take(text: string): void {
    this.#entry += 1;
    const told = this.#read(text);
    if (told === null) {
      this.#unread += 1;
      return;
    }
    for (const { told: each, time } of told) {
      const stamp = findStamp(time, 'dated');
      const at = stamp === null ? null : this.#clock.place(stamp);
      if (at === null) this.#untimed += 1;
      else {
        this.#span.see(at);
        const raw = `${time} ${each.value ?? ''} ${each.subject ?? ''}: ${text.replace(/\s+/g, ' ').slice(0, 2000)}`;
        this.#keeper.add(each, at, { host: null, line: this.#entry, text: raw });
      }
    }
  }

  #read(text: string): ReturnType<CloudForm['read']> {
    try {
      return this.#form.read(JSON.parse(text) as unknown);
    } catch (error) {
      if (error instanceof SyntaxError) return null;
      throw error;
    }
  }

  /** @throws KnownError, if nothing in it is an entry of its form. */
  finish(cut: boolean): EvidenceRecord {
    const { name, clock, notes: known } = this.#form;
    if (this.#entry === this.#unread)
      throw usage(
        `${this.#file}: no entry in it is of the form of ${name}`,
        'give what the command of the cloud printed as JSON, from its first line on',
      );
    const { evidence, notes } = this.#keeper.finish(clock);
    const { span } = this.#span;
    const zoned = !this.#clock.unzoned || this.#context.zone_min !== null;
    return {
      form: name,
      evidence,
      span,
      zoned,
      assumptions: this.#clock.assumed,
      notes: [
        ...placeInTime(span, evidence.length, this.#context, zoned),
        ...known,
        ...notes,
        ...(this.#unread === 0
          ? []
          : [`not understood, and passed over: ${this.#unread} ${this.#unread === 1 ? 'entry' : 'entries'}`]),
        ...(this.#untimed === 0 ? [] : [`without a time: ${this.#untimed} of what it tells`]),
        ...(cut || this.#foreign || !this.#elements.complete ? ['the end of the file is missing'] : []),
      ],
    };
  }
}
