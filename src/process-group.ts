/** Signals all that a process which leads a group of its own has begun, itself too; one that has ended is let be. */
export const signalGroup = (
  { pid }: { readonly pid?: number | undefined },
  signal: 'SIGKILL' | 'SIGTERM',
): void => {
  try {
    if (pid !== undefined) process.kill(-pid, signal);
  } catch {
    // It ended in this very moment.
  }
};
