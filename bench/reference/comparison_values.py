"""Prints the reference values that test/unit/stats/comparison and test/unit/stats/student-t.test.ts hold against.

Run: python3 -m venv v && v/bin/pip install scipy statsmodels && v/bin/python bench/reference/comparison_values.py
Each line is a row of a table in the test named before it.
"""
import numpy as np
import scipy
import statsmodels
from scipy import stats
from statsmodels.stats.multitest import multipletests

print("taken with SciPy", scipy.__version__, "and statsmodels", statsmodels.__version__)

print("student-t.test.ts: [t, df, t.sf(t, df)]")
for t, df in ((0, 7), (1, 7), (-1, 7), (2.5, 15), (8, 15), (40, 7), (0.3, 1), (3, 1e6), (-6.5, 3.7)):
    print(f"[{t!r}, {df!r}, {float(stats.t.sf(t, df))!r}],")

base = [102.3, 99.1, 101.7, 98.4, 104.9, 100.2, 97.7, 103.1]
cand = [108.8, 101.5, 110.2, 104.4, 107.3, 109.9, 101.2, 111.6]
print("paired-shift.test.ts: baseline, candidate, mean, sd, p, upper 0.975, two-sided 0.95 low and high")
d = np.log(np.array(cand) / np.array(base))
r = stats.ttest_rel(np.log(cand), np.log(base), alternative="greater")
ci = stats.ttest_rel(np.log(cand), np.log(base)).confidence_interval(0.95)
print(base, cand)
print([float(d.mean()), float(d.std(ddof=1)), float(r.pvalue), float(d.mean() + stats.t.ppf(0.975, 7) * d.std(ddof=1) / np.sqrt(8)),
       float(ci.low), float(ci.high)])
back = stats.ttest_rel(np.log(base), np.log(cand), alternative="greater")
print("reversed p", float(back.pvalue))

print("holm.test.ts: [p values], [adjusted]")
for p in ([0.01, 0.04, 0.03, 0.005], [0.2, 0.001, 0.0004, 0.6, 0.02, 0.02], [0.9], [0.5, 0.5]):
    print(p, [float(x) for x in multipletests(p, method="holm")[1]])

print("detectable-effect.test.ts: [s, K, alpha, looks, metrics, effect]")
for s, k, a, looks, m in ((0.03, 8, 0.01, 2, 5), (0.03, 16, 0.01, 2, 5), (0.1, 16, 0.05, 2, 1)):
    e = np.expm1((stats.t.ppf(1 - a / (looks * m), k - 1) + stats.t.ppf(0.9, k - 1)) * s / np.sqrt(k))
    print([s, k, a, looks, m, float(e)])

print("night-shift.test.ts: nights, tonight, p, detectable at alpha 0.01, upper 0.95")
nights = [4.61, 4.58, 4.66, 4.60, 4.57, 4.63, 4.62, 4.59]
x = 4.74
m, s, n = np.mean(nights), np.std(nights, ddof=1), len(nights)
se = s * np.sqrt(1 + 1 / n)
print(nights, x, float(stats.t.sf((x - m) / se, n - 1)),
      float(np.expm1((stats.t.ppf(0.99, n - 1) + stats.t.ppf(0.9, n - 1)) * se)), float(x - m + stats.t.ppf(0.95, n - 1) * se))

print("trial-shift.test.ts: baseline[:5], candidate[:3] shift, low, high by Welch")
w = stats.ttest_ind(np.log(cand[:3]), np.log(base[:5]), equal_var=False)
ci = w.confidence_interval(0.95)
print([float(np.expm1(np.mean(np.log(cand[:3])) - np.mean(np.log(base[:5])))), float(np.expm1(ci.low)), float(np.expm1(ci.high))])

print("distribution-distance.test.ts: microseconds a, b, ks_2samp statistic and location, wasserstein")
a = [100, 200, 200, 300, 450, 800, 1200, 1999]
b = [150, 200, 310, 450, 900, 1300, 1500, 1700, 1900, 2000]
k = stats.ks_2samp(a, b)
print(a, b, float(k.statistic), float(k.statistic_location), float(stats.wasserstein_distance(a, b)))

print("change-points.test.ts: values, rankdata")
v = [3.1, 2.0, 3.1, 5.5, 2.0, 2.0, 9.0]
print(v, [float(x) for x in stats.rankdata(v)])
