/** Longer lines are hard to read, however wide the terminal is. */
const WIDEST = 100;

/** Columns for text on this stream: those of the terminal, and the widest where there is none. */
export const widthOf = ({ columns }: { readonly columns?: number | undefined }): number =>
  Math.min(WIDEST, columns ?? WIDEST);
