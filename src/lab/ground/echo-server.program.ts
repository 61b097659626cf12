import { systemClock } from '../../clock.js';
import { raisePriority } from '../../probe/agent/priority.js';
import { startEchoServer } from '../../reflect/echo.js';
import { startStampReflector } from '../../reflect/stamp.js';
import { startWebServer } from '../../reflect/web.js';

/**
 * The server's services, both families: echo on TCP port 7 (RFC 862), HTTP on TCP port 80, STAMP on UDP port 862. One
 * process, because 50 sessions and 100 connections a second would cost a fork each with socat.
 */
await startEchoServer({ host: '::', port: 7 });
await startWebServer({ host: '::', port: 80 });
await startStampReflector({ host: '::', port: 862, clock: systemClock });
raisePriority();
process.stdout.write('listening\n');
