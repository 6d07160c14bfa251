// A base, a peak, the base again. BASE (50), PEAK (400), RISE (1s), HOLD (5s), FALL (1s), FOR (20s).
import { arrivals, length, rate, secondsOf } from './plan.ts';

export { infer as default, setup } from './oip.ts';

const BASE = rate('BASE', 50);
const PEAK = rate('PEAK', 400);
const [rise, hold, fall] = [length('RISE', '1s'), length('HOLD', '5s'), length('FALL', '1s')];
const peakS = secondsOf(rise) + secondsOf(hold) + secondsOf(fall);
const aroundS = (secondsOf(length('FOR', '20s')) - peakS) / 2;
if (!(aroundS > 0)) throw new Error(`FOR: found a length that the peak of ${peakS}s fills, expected a longer one`);
const around = `${Math.round(aroundS * 1000)}ms`;

export const options = arrivals(BASE, [
  { duration: around, target: BASE },
  { duration: rise, target: PEAK },
  { duration: hold, target: PEAK },
  { duration: fall, target: BASE },
  { duration: around, target: BASE },
]);
