import { redact } from '../model/secret.js';

/** Far more than is shown, so that a secret is whole when it is looked for. */
const KEPT = 1 << 16;
const SHOWN = 2000;

/** The end of what a program has said; of a flood only the last 64 Ki characters are kept. */
export class LastWords {
  #kept = '';
  /** Said since: put to the rest only when there is as much of it, so that a flood of short words costs what it is long. */
  #more: string[] = [];
  #moreLength = 0;
  #cut = false;

  add(text: string): void {
    this.#more.push(text);
    this.#moreLength += text.length;
    if (this.#moreLength > KEPT) this.#join();
  }

  #join(): void {
    const all = [this.#kept, ...this.#more].join('');
    this.#more = [];
    this.#moreLength = 0;
    this.#cut ||= all.length > KEPT;
    this.#kept = all.slice(-KEPT);
  }

  /**
   * The last line that is not empty, at most its last 2000 characters; empty if nothing was said. Secrets are
   * redacted before anything is cut: part of one would not be known for it. For the same reason a line whose beginning
   * was not kept is not shown.
   */
  line(): string {
    this.#join();
    const lines = redact(this.#kept).trim().split('\n');
    if (this.#cut && lines.length === 1) return '';
    return lines.at(-1)?.slice(-SHOWN) ?? '';
  }
}
