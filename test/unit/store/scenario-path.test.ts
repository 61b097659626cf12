import { expect, test } from 'vitest';
import { scenarioPathFrom, scenarioPathIn } from '../../../src/store/run-folder.js';

test('below the working folder a scenario is named from the run, so that both can move together', () => {
  const recorded = scenarioPathIn('/a/results/fw/run', '/a/scenarios/fw.yaml', '/a');
  expect(recorded).toBe('../../../scenarios/fw.yaml');
  expect(scenarioPathFrom('/b/results/fw/run', recorded)).toBe('/b/scenarios/fw.yaml');
});

test.each([
  ['/elsewhere/fw.yaml', '/a/results/fw/run'],
  ['/a/fw.yaml', '/elsewhere/results/fw/run'],
  ['/ab/fw.yaml', '/a/results/fw/run'],
])('else in full: %s of %s', (file, run) => {
  expect(scenarioPathIn(run, file, '/a')).toBe(file);
  expect(scenarioPathFrom(run, file)).toBe(file);
});

test('a folder whose name begins with two dots is below all the same', () => {
  expect(scenarioPathIn('/a/..runs/run', '/a/fw.yaml', '/a')).toBe('../../fw.yaml');
});
