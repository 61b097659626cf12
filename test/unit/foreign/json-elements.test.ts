import fc from 'fast-check';
import { expect, test } from 'vitest';
import { JsonElements } from '../../../src/foreign/json-elements.js';

const take = (text: string, size: number): { head: unknown; elements: unknown[]; complete: boolean } => {
  let head: unknown = null;
  const elements: unknown[] = [];
  const json = new JsonElements(
    'list',
    (found) => (head = JSON.parse(found)),
    (element) => elements.push(JSON.parse(element)),
  );
  const bytes = Buffer.from(text);
  for (let from = 0; from < bytes.length; from += size) json.push(bytes.subarray(from, from + size));
  return { head, elements, complete: json.complete };
};

test('the elements come out as JSON.parse gives them, however the chunks fall', () => {
  const objects = fc.array(fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 4 }), { maxLength: 5 });
  fc.assert(
    fc.property(objects, fc.integer({ min: 1, max: 60 }), fc.constantFrom(0, 2), (list, size, indent) => {
      const plain = JSON.parse(JSON.stringify(list)) as unknown[];
      const found = take(JSON.stringify({ a: 1, list: plain, after: [{}] }, null, indent), size);
      expect(found).toEqual({ head: { a: 1, list: [] }, elements: plain, complete: true });
    }),
  );
});

test('a document that is cut off gives the elements that are whole, and says so', () => {
  expect(take('{"list": [{"a": "}"}, {"b": 2}, {"c": ', 5)).toEqual({
    head: { list: [] },
    elements: [{ a: '}' }, { b: 2 }],
    complete: false,
  });
});
