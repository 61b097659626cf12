/** Above what Linux hands out by itself (net.ipv4.ip_local_port_range: 32768 to 60999). */
const [FIRST, LAST] = [61_000, 65_535];

let next = FIRST + Math.floor(Math.random() * (LAST - FIRST));

/** A source port for a TCP flow, another one each time. */
export const nextFlowPort = (): number => {
  next = next >= LAST ? FIRST : next + 1;
  return next;
};
