import { existsSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseScenario } from '../../../src/scenario/load.js';
import { variablesOf } from '../../../src/cli/init/scenario-text.js';
import { blocks } from '../../unit/docs/markdown.js';
import { pages, root } from './pages.js';

const withoutCode = (text: string): string =>
  text
    .replaceAll(/^```[\s\S]*?^```$/gm, '')
    .replaceAll(/`[^`\n]*`/g, (code) => code.replaceAll(/[[\]()#]/g, ' '));

/** As GitHub and GitLab make an anchor of a heading; the second of the same name ends in -1. */
const anchorsOf = (text: string): Set<string> => {
  const seen = new Map<string, number>();
  const anchors = new Set<string>();
  const plain = text.replaceAll(/^```[\s\S]*?^```$/gm, '');
  for (const [, heading = ''] of plain.matchAll(/^#{1,6} +(.*?) *$/gm)) {
    const slug = heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(/\s/g, '-');
    const count = seen.get(slug) ?? 0;
    seen.set(slug, count + 1);
    anchors.add(count === 0 ? slug : `${slug}-${count}`);
  }
  return anchors;
};

const anchors = new Map(pages.map(({ name, text }) => [name, anchorsOf(text)]));

/** What is wrong with one link; null if it leads somewhere. */
const problemOf = (page: string, link: string): string | null => {
  const [path = '', anchor] = link.split('#');
  const file = path === '' ? page : relative(root, join(root, dirname(page), path));
  if (!existsSync(join(root, file))) return `${link}: there is no ${file}`;
  if (anchor === undefined) return null;
  return anchors.get(file)?.has(anchor) === true ? null : `${link}: no heading #${anchor} in ${file}`;
};

describe('every relative link leads somewhere', () => {
  test.each(pages.map(({ name, text }) => [name, text] as const))('%s', (name, text) => {
    const links = [...withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
    const own = links.filter((link) => !/^[a-z]+:/.test(link));
    expect(own.map((link) => problemOf(name, link)).filter((wrong) => wrong !== null)).toEqual([]);
  });

  test('and one that does not is found', () => {
    expect(problemOf('docs/watch.md', 'nowhere.md')).toContain('there is no docs/nowhere.md');
    expect(problemOf('docs/watch.md', 'method.md#no-such-heading')).toContain('no heading');
    expect(problemOf('docs/watch.md', '../README.md')).toBeNull();
  });
});

/** Of the project itself, and written out: no `NAME`, no `*`. The changelog tells of files as they were. */
const sourcesIn = (text: string): string[] =>
  Array.from(text.matchAll(/`((?:src|test|bench|scripts)\/[a-z][\w/.-]*)`/g), ([, path = '']) => path);

describe('every source file that is named is there', () => {
  const named = pages.filter(({ name, text }) => name !== 'CHANGELOG.md' && sourcesIn(text).length > 0);
  test.each(named.map(({ name, text }) => [name, text] as const))('%s', (_, text) => {
    expect(sourcesIn(text).filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  test('as in the description of the architecture', () => {
    expect(named.map(({ name }) => name)).toContain('ARCHITECTURE.md');
  });
});

/** A whole scenario, not a part of one. */
const isScenario = (text: string): boolean =>
  /^name:/m.test(text) && /^streams:/m.test(text) && /^trigger:/m.test(text);

describe('every scenario in the documents passes the check', () => {
  const scenarios = pages.flatMap(({ name, text }) =>
    blocks(text, 'yaml')
      .filter(isScenario)
      .map((yaml) => [name, yaml] as const),
  );
  test.each(scenarios)('%s', (name, yaml) => {
    const env = Object.fromEntries(variablesOf(yaml).map((variable) => [variable, 'a secret for this test']));
    expect(parseScenario(yaml, name, { env }).scenario.streams.length).toBeGreaterThan(0);
  });

  test('there are some', () => expect(scenarios.length).toBeGreaterThan(0));
});
