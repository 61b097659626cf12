/** Outages as they are met, and how a stream of 10 ms sees them. All in seconds. */
const INTERVAL = 0.01;

const normal = (random) => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

export const DESIGNS = [
  // RFC 5798 §6.1, priority 100: the last advertisement was sent up to 1 s before the crash.
  { name: 'VRRP, 2.61 to 3.61 s', draw: (random) => 2.61 + random() },
  // Lognormal, 80 % between 80 and 170 s, as the published figures of moves by API.
  { name: 'cloud API, 80 to 170 s', draw: (random) => 116.6 * Math.exp(0.294 * normal(random)) },
  // Two ways to fail over: in 30 % of trials the first attempt is lost.
  { name: 'bimodal, VRRP, 30 % 2 s longer', draw: (random) => 2.61 + random() + (random() < 0.3 ? 2 : 0) },
  { name: 'near-constant, 0.60 s ± 10 ms', draw: (random) => 0.59 + 0.02 * random() },
];

export const CHANGES = [
  { name: 'no change', apply: (outage) => outage },
  { name: '20 % longer', apply: (outage) => outage * 1.2 },
  { name: '1 s longer', apply: (outage) => outage + 1 },
];

/**
 * What is measured of a true outage: the probes due in it, at random phase, are lost (docs/method.md, "An outage is an
 * interval"). Real sends are a little uneven, so no two figures are equal.
 */
export const measured = (outage, random) => {
  const lost = Math.floor(outage / INTERVAL + random());
  const jitter = () => (random() - 0.5) * 2e-4;
  const lo = Math.max(0, (lost - 1) * INTERVAL + jitter());
  const hi = (lost + 1) * INTERVAL + jitter();
  return { lo_s: lo, value_s: (lo + hi) / 2, hi_s: hi };
};

/** Measured outages of so many trials. */
export const trialsOf = (count, { draw, apply }, random) =>
  Array.from({ length: count }, () => measured(apply(draw(random)), random));
