// A constant rate for long. RATE (50), FOR (1h).
import { arrivals, length, rate } from './plan.ts';

export { infer as default, setup } from './oip.ts';

const RATE = rate('RATE', 50);

export const options = arrivals(RATE, [{ duration: length('FOR', '1h'), target: RATE }]);
