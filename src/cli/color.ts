import colors from 'picocolors';

/**
 * May colours be printed there? A pipe's `isTTY` is undefined, which picocolors would take for "decide yourself", and
 * it says yes under CI.
 */
export const hasColor = (stream: { readonly isTTY?: boolean | undefined }): boolean =>
  colors.isColorSupported && stream.isTTY === true;
