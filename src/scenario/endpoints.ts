import { type Problem, problem, unknownName } from '../yaml/problem.js';
import { type Item, textAt } from '../yaml/raw.js';
import { familyOf, parseTarget } from './target.js';

/** What stands in `from`, `to` and `family` of a stream or session. */
export const endpoints = (
  item: Item,
  vantages: readonly string[],
  port: 'needed' | 'none' | number,
): Problem[] => {
  const problems: Problem[] = [];
  const from = textAt(item.value, 'from');
  if (from !== null && from !== '' && !vantages.includes(from))
    problems.push(problem([...item.path, 'from'], unknownName(from, 'a vantage', vantages)));
  const to = textAt(item.value, 'to');
  if (to === null) return problems;
  const target = parseTarget(to, port);
  if (typeof target === 'string') return [...problems, problem([...item.path, 'to'], target)];
  const wanted = textAt(item.value, 'family');
  const actual = familyOf(target.host);
  if (actual !== null && (wanted === '4' || wanted === '6') && Number(wanted) !== actual)
    problems.push(
      problem([...item.path, 'family'], `is ${wanted}, but the target is an IPv${actual} address`),
    );
  return problems;
};
