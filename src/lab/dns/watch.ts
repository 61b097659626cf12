/** How the monitor sees the primary: probes in a row that failed. Pure. */
export interface Watch {
  readonly failed: number;
}

export const NEW_WATCH: Watch = { failed: 0 };

/** After a probe. `act`: so many were missed in a row that the standby has to take over. */
export const watched = (
  { failed }: Watch,
  good: boolean,
  missed: number,
): { readonly watch: Watch; readonly act: boolean } => {
  const count = good ? 0 : failed + 1;
  return { watch: { failed: count }, act: count >= missed };
};
