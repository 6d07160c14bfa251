// Equal levels of rising rate. FROM (50), TO (200), STEPS (4), FOR (40s, all levels together).
import { arrivals, length, levels, rate, secondsOf } from './plan.ts';

export { infer as default, setup } from './oip.ts';

const FROM = rate('FROM', 50);
const TO = rate('TO', 200);
const STEPS = rate('STEPS', 4);
const each = `${Math.round((secondsOf(length('FOR', '40s')) / STEPS) * 1000)}ms`;
const rates = Array.from({ length: STEPS }, (_, i) => FROM + ((TO - FROM) * i) / Math.max(1, STEPS - 1));

export const options = arrivals(FROM, levels(rates, each));
