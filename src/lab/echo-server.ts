import { startEchoServer } from '../reflect/echo.js';
import { startWebServer } from '../reflect/web.js';

/**
 * The server's TCP services, both families: echo on port 7 (RFC 862), HTTP on port 80. One process, because 50
 * sessions and 100 connections a second would cost a fork each with socat.
 */
await startEchoServer({ host: '::', port: 7 });
await startWebServer({ host: '::', port: 80 });
process.stdout.write('listening\n');
