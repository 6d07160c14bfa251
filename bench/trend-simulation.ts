/**
 * How often `trend` flags a series in which nothing has changed, and finds a step that is there; and how often the gate
 * against stored nights fails where nothing has changed. Decided by the product's own code.
 *
 * node bench/trend-simulation.ts [series] [nights tried]
 */
import { type Rng, stream } from '../src/scenarios/rng.ts';
import { changePoints } from '../src/stats/comparison/change-points.ts';
import { nightShift } from '../src/stats/comparison/night-shift.ts';
import { normalQuantile } from '../src/stats/normal.ts';

const series = Number(process.argv[2] ?? 400);
const tried = Number(process.argv[3] ?? 200_000);
const BUDGET = 0.01;

const normal = (rng: Rng): number => normalQuantile(Math.max(rng.next(), 1e-300));

/** Night-to-night scatter 4 %, each night depending on the one before by `phi`, and a step at two thirds. */
function nights(rng: Rng, count: number, phi: number, step: number): number[] {
  let last = normal(rng);
  return Array.from({ length: count }, (_, index) => {
    last = phi * last + Math.sqrt(1 - phi * phi) * normal(rng);
    return 0.04 * last + (index >= (2 * count) / 3 ? step : 0);
  });
}

console.log(`trend: ${series} series each, seed 1, scatter 4 %, budget ${BUDGET * 100} % of a series`);
console.log('nights  phi   step  floor   flagged');
for (const [count, phi, step, floor] of [
  [250, 0, 0, 0],
  [250, 0, 0, 0.05],
  [250, 0.3, 0, 0],
  [250, 0.3, 0, 0.05],
  [40, 0, 0, 0],
  [40, 0.3, 0, 0],
  [40, 0, 0.1, 0.05],
  [250, 0, 0.05, 0.03],
] as const) {
  const rng = stream('1', `${count}/${phi}/${step}/${floor}`);
  let flagged = 0;
  for (let one = 0; one < series; one++) {
    const found = changePoints(nights(rng, count, phi, step), { alpha: BUDGET, floor, random: rng, permutations: 199 });
    if (found.length > 0) flagged++;
  }
  const share = `${((100 * flagged) / series).toFixed(2)} %`;
  console.log(
    `${String(count).padStart(6)}${phi.toFixed(1).padStart(5)}${String(step).padStart(7)}${String(floor).padStart(7)}${share.padStart(10)}`,
  );
}

console.log(`\nstored gate: ${tried} nights each, seed 1, scatter 4 %, threshold 5 %`);
console.log('nights kept  alpha   slower   fail');
for (const kept of [8, 16, 30]) {
  for (const slower of [0, 0.1, 0.2, 0.3]) {
    const rng = stream('1', `${kept}/${slower}`);
    let fails = 0;
    const rounds = slower === 0 ? tried : tried / 20;
    for (let night = 0; night < rounds; night++) {
      const before = Array.from({ length: kept }, () => 0.04 * normal(rng));
      const shift = nightShift(before, Math.log1p(slower) + 0.04 * normal(rng));
      if (shift.pValue < BUDGET && Math.expm1(shift.log) >= 0.05) fails++;
    }
    const share = `${((100 * fails) / rounds).toFixed(2)} %`;
    console.log(
      `${String(kept).padStart(11)}${`${BUDGET * 100} %`.padStart(7)}${`+${Math.round(slower * 100)} %`.padStart(9)}${share.padStart(9)}`,
    );
  }
}
