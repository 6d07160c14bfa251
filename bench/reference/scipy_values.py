"""Prints the reference values that test/unit/stats holds the project's own distributions against.

Run: python3 -m venv v && v/bin/pip install scipy statsmodels && v/bin/python bench/reference/scipy_values.py
Taken with SciPy 1.17.1 and statsmodels 0.15.0. Each line is a row of a table in the test named before it.
"""
import math
import warnings

import numpy
from scipy import special, stats
from statsmodels.tsa.stattools import kpss

print("normal.test.ts: [p, norm.ppf(p)]")
for p in (1e-9, 0.001, 0.01, 0.025, 0.2, 0.425, 0.5, 0.6, 0.75, 0.95, 0.975, 0.99, 0.995, 0.999, 1 - 1e-9):
    print(f"[{p!r}, {stats.norm.ppf(p)!r}],")

print("gamma.test.ts: [x, gammaln(x)]")
for x in (1e-3, 0.5, 1, 1.5, 2, 3.7, 10, 33.25, 100, 12345.678, 1e7):
    print(f"[{x!r}, {float(special.gammaln(x))!r}],")

print("beta.test.ts: [x, a, b, betainc(a, b, x)]")
for x, a, b in ((0.5, 0.5, 0.5), (0.1, 2, 3), (0.9, 2, 3), (0.05, 1, 89.78), (0.03, 10.5, 400.25), (0.2, 0.001, 5),
                (0.999, 50, 0.5), (0.05, 500, 9500), (0.052, 500, 9500), (0.01, 1000.5, 99000.5), (0.5, 1e5, 1e5),
                (1e-8, 1, 3687), (0.0101, 1e4, 1e6)):
    print(f"[{x!r}, {a!r}, {b!r}, {float(special.betainc(a, b, x))!r}],")

print("beta.test.ts: [q, a, b, betaincinv(a, b, q)]")
for q, a, b in ((0.99, 1, 107), (0.99, 32.7, 1950.2), (0.01, 32.7, 1950.2), (0.5, 0.5, 0.5), (0.975, 0.01, 3), (0.01, 9.5, 0.3),
                (0.99, 1001, 99000), (0.01, 1000, 99001), (1e-6, 2, 2), (0.999999, 2, 2), (0.01, 0.25, 400), (0.5, 3e4, 5e6)):
    print(f"[{q!r}, {a!r}, {b!r}, {float(special.betaincinv(a, b, q))!r}],")

print("student-t.test.ts: [p, df, t.ppf(p, df)]")
for p, df in ((0.975, 19), (0.99, 19), (0.995, 19), (0.95, 19), (0.01, 19), (0.6, 19), (0.99, 1), (0.99, 4), (0.99, 13), (0.999, 2),
              (0.99, 1000), (0.99, 1e6), (0.5, 7), (0.500001, 19), (1 - 1e-9, 5)):
    print(f"[{p!r}, {df!r}, {float(stats.t.ppf(p, df))!r}],")

print("binomial.test.ts: [k, n, lower 0.99, upper 0.99] (beta quantiles, Clopper and Pearson 1934)")
for k, n in ((0, 107), (1, 130), (10, 398), (581, 4000), (12, 2400), (30.5, 812.25), (5, 5), (0.4, 20), (100, 2504)):
    low = 0.0 if k <= 0 else float(stats.beta.ppf(0.01, k, n - k + 1))
    high = 1.0 if k >= n else float(stats.beta.ppf(0.99, k + 1, n - k))
    print(f"[{k!r}, {n!r}, {low!r}, {high!r}],")

print("percentile.test.ts: [p, n, lower rank, upper rank] of the order-statistic bounds, two-sided 0.95")
for p, n in ((0.5, 6), (0.5, 100), (0.95, 72), (0.95, 2400), (0.99, 368), (0.99, 5000), (0.999, 3688), (0.9, 200)):
    low = max((l for l in range(1, n + 1) if stats.binom.cdf(l - 1, n, p) <= 0.025), default=None)
    high = next((u for u in range(1, n + 1) if stats.binom.cdf(u - 1, n, p) >= 0.975), None)
    print(f"[{p!r}, {n!r}, {low!r}, {high!r}],")

print("student-t.test.ts: [t, df, t.sf(t, df)]")
for t, df in ((0, 19), (0.5, 18), (1, 1), (2.1009220402410378, 18), (3, 4), (8, 18), (25, 18), (1.96, 1e6)):
    print(f"[{t!r}, {df!r}, {float(stats.t.sf(t, df))!r}],")


def series(n, rise, wave):
    """The series of the tests: 10 + rise i + wave sin(i^2)."""
    return numpy.array([10 + rise * i + wave * math.sin(i * i) for i in range(n)])


SERIES = ((20, 0.0, 1.0), (20, 0.05, 1.0), (20, -0.2, 2.0), (60, 0.01, 3.0), (300, 0.002, 1.0))

print("slope-test.test.ts: [n, rise, wave, slope, its standard error, p] by scipy.stats.linregress")
for n, rise, wave in SERIES:
    found = stats.linregress(numpy.arange(n), series(n, rise, wave))
    print(f"[{n}, {rise}, {wave}, {float(found.slope)!r}, {float(found.stderr)!r}, {float(found.pvalue)!r}],")

print("kpss.test.ts: [n, rise, wave, lags, statistic] by statsmodels.tsa.stattools.kpss(regression='c')")
warnings.simplefilter("ignore")
for (n, rise, wave), lags in zip(SERIES, (1, 0, 3, 2, 12)):
    print(f"[{n}, {rise}, {wave}, {lags}, {float(kpss(series(n, rise, wave), regression='c', nlags=lags)[0])!r}],")

print("mser.test.ts: [n, rise, wave, d*] by the definition, in NumPy")
for n, rise, wave in (*SERIES, (300, -0.03, 1.0), (103, 0.02, 5.0)):
    z = series(n, rise, wave)[: n // 5 * 5].reshape(-1, 5).mean(axis=1)
    errors = [((z[d:] - z[d:].mean()) ** 2).sum() / (len(z) - d) ** 2 for d in range(len(z) // 2 + 1)]
    print(f"[{n}, {rise}, {wave}, {int(numpy.argmin(errors))}],")
