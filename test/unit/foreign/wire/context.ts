import type { WireContext } from '../../../../src/foreign/wire/wire-record.js';
import { START_MS } from './packets.js';

export const CONTEXT: WireContext = {
  near: { lo_ms: START_MS, hi_ms: START_MS + 600_000 },
  zone_min: null,
  nodes: [
    { name: 'fw-a', addresses: ['10.4.3.2'] },
    { name: 'fw-b', addresses: ['10.4.3.3'] },
  ],
  owner: null,
  watch: ['10.4.4.4', '10.4.3.1', 'fd00:4::4', 'www.example.net'],
};
