import { describe, expect, test } from 'vitest';
import { byteChunks, encodingOf, lineText } from '../../../src/foreign/encoding.js';

/** 要求がタイムアウトしました。 in Shift-JIS. */
const SJIS = Buffer.from('977688c382cc838983628367838c83418345836782b582dc82b582bd8142', 'hex');

describe('encodingOf', () => {
  test.each([
    ['ASCII', Buffer.from('Reply from'), 'utf-8'],
    ['UTF-8 with a mark', Buffer.from('\ufeffReply'), 'utf-8'],
    ['UTF-8 whose last character is cut off', Buffer.from('Zeitü').subarray(0, -1), 'utf-8'],
    ['UTF-16LE with a mark', Buffer.from('\ufeffReply from', 'utf16le'), 'utf-16le'],
    ['UTF-16LE without one', Buffer.from('Reply from', 'utf16le'), 'utf-16le'],
    ['UTF-16BE with a mark', Buffer.from('\ufeffReply from', 'utf16le').swap16(), 'utf-16be'],
    ['UTF-16BE without one', Buffer.from('Reply from', 'utf16le').swap16(), 'utf-16be'],
    ['code page 850', Buffer.from('Zeit\u0081berschreitung der Anforderung', 'latin1'), 'cp850'],
    ['code page 1252', Buffer.from('Zeitüberschreitung der Anforderung', 'latin1'), 'windows-1252'],
    ['code page 866', Buffer.from('8ee2a2a5e220aee2', 'hex'), 'ibm866'],
    ['GBK', Buffer.from('c7ebc7f3b3acCAb1', 'hex'), 'gb18030'],
    ['Shift-JIS', SJIS, 'shift_jis'],
  ])('%s', (_name, head, expected) => {
    expect(encodingOf(head)).toBe(expected);
  });
});

test('UTF-16 that is cut in the middle of a character comes out whole', () => {
  const bytes = Buffer.from('a\u3042b\n', 'utf16le');
  const chunks = byteChunks('utf-16le');
  const out = Buffer.concat([chunks(bytes.subarray(0, 3)), chunks(bytes.subarray(3)), chunks(null)]);
  expect(out.toString()).toBe('a\u3042b\n');
});

test('lines are decoded one by one', () => {
  expect(lineText('shift_jis')(SJIS, 0, SJIS.length)).toMatch(/[\u30a0-\u30ff]/);
  expect(lineText('cp850')(Buffer.from([0x41, 0x81, 0x41]), 1, 3)).toBe('üA');
});
