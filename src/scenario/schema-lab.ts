import { z } from 'zod';
import { ns } from '../model/time.js';
import { choice, duration, flag, mapping } from './field.js';

/*
 * The labs and their knobs. `lab: vrrp` is short for the mapping with that design and nothing else.
 */

const no = (schema: ReturnType<typeof flag>) => schema.prefault('false');

const sync = choice('Who carries connection state to the other node.', ['conntrackd', 'none']).prefault(
  'conntrackd',
);

const vrrp = mapping('The lab vrrp with its knobs: keepalived and conntrackd.', {
  design: choice('Design of the HA pair.', ['vrrp']),
  // RFC 5798 §5.2.7: a 12-bit count of centiseconds.
  advert: duration('VRRP advertisement interval: 10ms to 40.95s in steps of 10ms.', ns(10e6))
    .refine((advert) => advert % 10e6 === 0 && advert <= 40.95e9, 'is no whole number of 10ms up to 40.95s')
    .prefault('1s'),
  sync,
  boot: duration('From power back to VRRP started.').prefault('4s'),
  nat: choice(
    'What the nodes do to the client\'s TCP connections: "ports" gives each another address and port.',
    ['none', 'ports'],
  ).prefault('none'),
  'tcp-loose': no(flag('Let nodes pick up TCP connections they never saw begin (nf_conntrack_tcp_loose).')),
  preempt: no(flag('Let the node of higher priority take its role back when it returns.')),
});

const knobs = z.discriminatedUnion('design', [vrrp]);

/** A lab: its design alone, or with knobs. */
export const lab = z
  .union([
    choice('Design of the HA pair.', ['vrrp'])
      .transform((design) => ({ design }))
      .pipe(knobs),
    knobs,
  ])
  .meta({ description: 'Run in a lab of network namespaces; left out for real equipment.' });

export type WrittenLab = z.output<typeof lab>;
