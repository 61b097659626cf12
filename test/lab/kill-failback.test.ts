import { killedIn } from './kill-kit.js';

killedIn(['failback', 'failback trigger'], ['failback outage']);
