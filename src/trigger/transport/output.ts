import { MAX_OUTPUT_BYTES } from './transport.js';

/** Collects a command's output up to MAX_OUTPUT_BYTES. Decoded at the end, so that no character is cut in two. */
export class OutputBuffer {
  readonly #chunks: Buffer[] = [];
  #length = 0;
  #full = false;

  /** More came than is kept. */
  get full(): boolean {
    return this.#full;
  }

  add(chunk: Buffer): void {
    const room = MAX_OUTPUT_BYTES - this.#length;
    this.#full ||= chunk.length > room;
    if (room <= 0) return;
    this.#chunks.push(chunk.subarray(0, room));
    this.#length += Math.min(room, chunk.length);
  }

  text(): string {
    return Buffer.concat(this.#chunks).toString('utf8');
  }
}
