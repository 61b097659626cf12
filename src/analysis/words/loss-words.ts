/** `4.1 %`, two figures. */
export const sayPercent = (percent: number): string => `${Number(percent.toPrecision(2))} %`;

export const sayProbes = (count: number): string => (count === 1 ? '1 probe' : `${count} probes`);
