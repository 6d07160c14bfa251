// A constant rate. RATE (50), FOR (20s).
import { arrivals, length, rate } from './plan.ts';

export { infer as default, setup } from './oip.ts';

const RATE = rate('RATE', 50);

export const options = arrivals(RATE, [{ duration: length('FOR', '20s'), target: RATE }]);
