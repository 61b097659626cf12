import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../../..');
const read = (name: string): string => readFileSync(join(root, name), 'utf8');

interface Container {
  readonly build: { readonly dockerfile: string };
  readonly postCreateCommand: string;
}

test('the container for development has a Node that the package allows, and sets up by scripts that exist', () => {
  const { build, postCreateCommand } = JSON.parse(read('.devcontainer/devcontainer.json')) as Container;
  const { scripts, engines } = JSON.parse(read('package.json')) as {
    readonly scripts: Readonly<Record<string, string>>;
    readonly engines: { readonly node: string };
  };
  const major = /^FROM node:(\d+)-bookworm$/m.exec(read(join('.devcontainer', build.dockerfile)))?.[1];
  expect(Number(major)).toBeGreaterThanOrEqual(Number(/\d+/.exec(engines.node)?.[0]));
  expect(postCreateCommand).toBe('npm ci && npm run setup');
  expect(Object.keys(scripts)).toContain('setup');
});
