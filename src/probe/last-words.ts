import { redact } from '../model/secret.js';

/** Far more than is shown, so that a secret is whole when it is looked for. */
const KEPT = 1 << 16;
const SHOWN = 2000;

/** The end of what a program has said; of a flood only the last 64 Ki characters are kept. */
export class LastWords {
  #kept = '';
  #cut = false;

  add(text: string): void {
    const all = this.#kept + text;
    this.#cut ||= all.length > KEPT;
    this.#kept = all.slice(-KEPT);
  }

  /**
   * The last line that is not empty, at most its last 2000 characters; empty if nothing was said. Secrets are
   * redacted before anything is cut: part of one would not be known for it. For the same reason a line whose beginning
   * was not kept is not shown.
   */
  line(): string {
    const lines = redact(this.#kept).trim().split('\n');
    if (this.#cut && lines.length === 1) return '';
    return lines.at(-1)?.slice(-SHOWN) ?? '';
  }
}
