/** The columns of a stream on a clean path. */
export const CALM = {
  late_s: null,
  disruption_s: null,
  disruption_loss: null,
  background_loss: null,
  background_lo: null,
  background_hi: null,
  residual_loss: null,
  residual_delay_ms: null,
} as const;
