import { killedIn } from './kill-kit.js';

killedIn(['drain', 'restore', 'cool-down'], []);
