import { expect, test } from 'vitest';
import { refusal } from '../told.js';

test.each([
  [
    'mtr',
    'Start: 2023-11-14T22:13:20+0000\nHOST: probe   Loss%   Snt   Last   Avg  Best  Wrst StDev\n  1.|-- 10.4.4.4  5.0%   100    0.3   0.3   0.2   0.9   0.1\n',
    /totals per hop/,
  ],
  [
    'fping -Q',
    '[22:06:39]\n10.4.4.4 : xmt/rcv/%loss = 10/10/0%, min/avg/max = 74.4/79.9/91.5\n[22:06:40]\n10.4.4.4 : xmt/rcv/%loss = 10/0/100%\n',
    /counts only/,
  ],
  [
    'arping',
    'ARPING 10.4.4.4\n42 bytes from ee:2b:c9:d1:80:1a (10.4.4.4): index=0 time=10.552 usec\n',
    /no number of their probe/,
  ],
  [
    'mtr --csv',
    'Mtr_Version,Start_Time,Status,Host,Hop,Ip,Loss%,Snt\nMTR.0.95,1795974052,OK,a,1,b,0.00,25\n',
    /totals per hop/,
  ],
  [
    'prettyping',
    'PING 10.4.4.4 (10.4.4.4) 56(84) bytes of data.\n!!!!!!\n 6/  6 (100%) lost;    0/   0/   0ms\n',
    /a picture/,
  ],
  ['rrdtool xport', '<xport>\n<row><t>1700000000</t><v>2.0000000000e+01</v></row>\n', /averages/],
  ['SmokePing', '1700000000: 0.0000000000e+00 1.2e-04\n1700000300: 2.0000000000e+01 NaN\n', /averages/],
  [
    'Test-NetConnection',
    'ComputerName     : 10.4.4.4\nRemotePort       : 443\nTcpTestSucceeded : True\n',
    /no sequence/,
  ],
])('%s tells no loss its time', async (_name, text, why) => {
  expect(await refusal(text)).toMatch(why);
});
