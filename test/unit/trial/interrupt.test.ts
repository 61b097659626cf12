import { describe, expect, it } from 'vitest';
import { Interrupted, sleep } from '../../../src/trial/interrupt.js';

describe('sleep', () => {
  it('ends by itself', async () => {
    await expect(sleep(1, new AbortController().signal)).resolves.toBeUndefined();
  });

  it('is ended by the signal, also by one given before', async () => {
    const controller = new AbortController();
    const waiting = sleep(60_000, controller.signal);
    controller.abort();
    await expect(waiting).rejects.toBeInstanceOf(Interrupted);
    await expect(sleep(60_000, controller.signal)).rejects.toBeInstanceOf(Interrupted);
  });
});
