import type { StreamPlan } from '../../model/plan.js';

/** The port that a flow is to send from; null: as it comes. */
export const flowPortOf = ({ sourcePorts }: StreamPlan, flow: number): number | null =>
  sourcePorts === undefined ? null : sourcePorts.first + flow;

/**
 * Where each new connection is from: the ports of the plan one after another, or as the kernel has it. Connections end by RST,
 * so that none is kept by TIME_WAIT when its turn comes again.
 */
export const portsInTurn = ({ sourcePorts }: StreamPlan): (() => { readonly localPort?: number }) => {
  if (sourcePorts === undefined) return () => ({});
  const { first, last } = sourcePorts;
  let next = first;
  return () => {
    const localPort = next;
    next = next === last ? first : next + 1;
    return { localPort };
  };
};
