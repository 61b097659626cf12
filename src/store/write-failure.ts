import type { KnownError } from '../model/error.js';

/**
 * The first write error of a run, kept for whoever runs it. Raw logs are written behind the measurement's back,
 * so their errors cannot be thrown at anyone: they are surfaced here, once.
 */
export class WriteFailure {
  /** Resolves with the first failure; stays pending while all is well. Never rejects. */
  readonly first: Promise<KnownError>;
  #error: KnownError | null = null;
  #resolve: (error: KnownError) => void = () => undefined;

  constructor() {
    this.first = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  /** The failure, if there was one. */
  get error(): KnownError | null {
    return this.#error;
  }

  report(error: KnownError): void {
    if (this.#error !== null) return;
    this.#error = error;
    this.#resolve(error);
  }
}
