import { killedIn } from './kill-kit.js';

killedIn(['preflight', 'steady', 'trigger', 'outage', 'recovered'], ['outage']);
