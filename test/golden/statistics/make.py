"""Makes scipy.json: what SciPy says of the same cases as r.json. Run once, by hand, in this folder: python3 make.py

comparisons: [place in r.json, p of mannwhitneyu(method="exact"), p of permutation_test over every way to deal out];
null where the first does not apply (ties) the second would take too long or sees one value only.
"""

import json
from math import comb

import numpy
import scipy
from scipy.stats import binomtest, fisher_exact, mannwhitneyu, permutation_test, rankdata

MOST_DEALS = 20_000


def distance(x, y, axis=-1):
    """How far the rank sum of x is from its mean; "at least as far" is then one-sided."""
    m, n = x.shape[axis], y.shape[axis]
    return numpy.abs(x.sum(axis=axis) - m * (m + n + 1) / 2)


def compared(place, case):
    sides = [[numpy.inf if value is None else value for value in case[side]] for side in ("base", "candidate")]
    m, n = map(len, sides)
    pooled = sides[0] + sides[1]
    exact = dealt = None
    if len(set(pooled)) == m + n:
        exact = mannwhitneyu(*sides, method="exact").pvalue
    if min(m, n) > 1 and comb(m + n, n) <= MOST_DEALS:
        ranks = rankdata(pooled)
        dealt = permutation_test(
            (ranks[:m], ranks[m:]), distance, vectorized=True, n_resamples=numpy.inf, alternative="greater"
        ).pvalue
    return [place, exact, dealt]


golden = json.load(open("r.json"))
tables = [row["table"] for row in golden["fisher"]]
sections = {
    "comparisons": [compared(*each) for each in enumerate(golden["comparisons"])],
    "fisher": [fisher_exact([table[:2], table[2:]]).pvalue for table in tables],
    "clopper_pearson": [
        list(binomtest(row["k"], row["n"]).proportion_ci(row["level"], "exact")) for row in golden["clopper_pearson"]
    ],
}
lines = {name: ",\n".join(json.dumps(row) for row in rows) for name, rows in sections.items()}
body = ",\n".join(f'"{name}":[\n{text}\n]' for name, text in lines.items())
with open("scipy.json", "w") as out:
    out.write(f'{{"made_with":"SciPy {scipy.__version__}, NumPy {numpy.__version__}",\n{body}}}\n')
