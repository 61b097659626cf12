import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HttpResponses } from '../../../src/probe/session/http-track.js';

const read = (pieces: readonly Buffer[]): string[] => {
  const seen: string[] = [];
  let body = '';
  const responses = new HttpResponses({
    head: (status, headers) => void seen.push(`${status} ${headers.get('x') ?? ''}`.trim()),
    body: (data) => (body += data.toString('latin1')),
    end: () => {
      seen.push(`[${body}]`);
      body = '';
    },
  });
  for (const piece of pieces) responses.take(piece);
  return body === '' ? seen : [...seen, body];
};

const TEXT =
  'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX: one\r\n\r\nhello' +
  'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n' +
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4;a=b\r\nwiki\r\nA\r\n0123456789\r\n0\r\nT: x\r\n\r\n' +
  'HTTP/1.1 204 No Content\r\n\r\n' +
  'HTTP/1.0 200 OK\r\n\r\nuntil the end';
const SEEN = [
  '200 one',
  '[hello]',
  '404',
  '[]',
  '200',
  '[wiki0123456789]',
  '204',
  '[]',
  '200',
  'until the end',
];

describe('responses on one connection', () => {
  test('by length, in chunks, without a body, until the end', () => {
    expect(read([Buffer.from(TEXT)])).toEqual(SEEN);
  });

  test('however they are cut', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 }), (cuts) => {
        const pieces: Buffer[] = [];
        for (let at = 0, cut = 0; at < TEXT.length; cut++) {
          const size = cuts[cut % cuts.length] as number;
          pieces.push(Buffer.from(TEXT.slice(at, at + size)));
          at += size;
        }
        expect(read(pieces)).toEqual(SEEN);
      }),
    );
  });

  test.each([
    'SSH-2.0-OpenSSH\r\n',
    'HTTP/2 200\r\n\r\n',
    'HTTP/1.1 OK\r\n\r\n',
    'HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n',
  ])('an error: %j', (text) => {
    expect(() => read([Buffer.from(text)])).toThrow(/no /);
  });

  test('no end of a chunk size', () => {
    const head = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n';
    expect(() => read([Buffer.from(`${head}zz\r\n`)])).toThrow('no chunk size: zz');
  });
});
