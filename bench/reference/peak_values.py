"""Prints the reference values that test/unit/stats/peak holds against.

Run: python3 -m venv v && v/bin/pip install scipy && v/bin/python bench/reference/peak_values.py
The bounds are found by root search on the t statistic of the fitted height itself, not by Fieller's closed form.
"""
import numpy as np
import scipy
from scipy import optimize, stats

print("taken with SciPy", scipy.__version__)

rates = np.repeat([188.0, 194.0, 200.0, 206.0, 212.0], 3)
over = np.array([121, 108, 140, 165, 201, 150, 240, 268, 219, 344, 310, 391, 502, 431, 467])
of = np.repeat([5640, 5820, 6000, 6180, 6360], 3)


def report(name, x, y, target, confidence):
    fit = stats.linregress(x, y)
    n, mean = len(x), x.mean()
    sxx = ((x - mean) ** 2).sum()
    rest = y - fit.intercept - fit.slope * x
    s2 = (rest**2).sum() / (n - 2)
    t = stats.t.ppf((1 + confidence) / 2, n - 2)
    excess = lambda r: abs(fit.intercept + fit.slope * r - target) / np.sqrt(s2 * (1 / n + (r - mean) ** 2 / sxx)) - t
    value = (target - fit.intercept) / fit.slope
    low = high = None
    if abs(fit.slope) / fit.stderr > t:
        far = 1e4
        low = float(optimize.brentq(excess, value - far, value, xtol=1e-12, rtol=1e-14))
        high = float(optimize.brentq(excess, value, value + far, xtol=1e-12, rtol=1e-14))
    print(name, [float(fit.slope), float(s2), float(value), low, high])


y = np.log((over + 0.5) / (of - over + 0.5))
print("over", over.tolist(), "of", of.tolist())
report("line.test.ts, 15 points against 0.05 at 0.95", rates, y, np.log(0.05 / 0.95), 0.95)
report("line.test.ts, the same against 0.2: far outside", rates, y, np.log(0.2 / 0.8), 0.95)
few = ([1.0, 2.0, 3.0, 4.0], [0.3, 1.9, 1.1, 2.8])
report("line.test.ts, four scattered points against 2 at 0.8", np.array(few[0]), np.array(few[1]), 2.0, 0.8)
report("line.test.ts, the same at 0.95: no bounds", np.array(few[0]), np.array(few[1]), 2.0, 0.95)

for values in ([1, 3, 2, 2, 5, 4, 6], [5, 4, 3, 2, 1], [-2.5, -3, -1, -1.5, -1.4, 0.2, 0.1]):
    print("rising.test.ts", values, [float(v) for v in optimize.isotonic_regression(values).x])
