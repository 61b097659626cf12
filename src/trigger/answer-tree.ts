import { XMLParser, XMLValidator } from 'fast-xml-parser';

/** Attributes are `_name`, a text beside attributes is `_text`; values stay text, so that no serial loses a zero. */
const xml = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '_',
  textNodeName: '_text',
  parseTagValue: false,
  parseAttributeValue: false,
  ignoreDeclaration: true,
});

const parseXml = (text: string): unknown => {
  // An answer has no business declaring entities, which could grow without bound.
  if (/<!DOCTYPE/i.test(text) || XMLValidator.validate(text) !== true) return undefined;
  try {
    return xml.parse(text) as unknown;
  } catch {
    return undefined;
  }
};

/** An answer in JSON or XML as a tree that JMESPath can be asked; undefined if it is neither, or cut off. */
export const parseTree = (text: string): unknown => {
  if (text.trimStart().startsWith('<')) return parseXml(text.trim());
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
};
