// Levels until something breaks. FROM (50), BY (50), EVERY (10s), UNTIL (500). Give THRESHOLDS with abortOnFail.
import { arrivals, length, levels, rate } from './plan.ts';

export { infer as default, setup } from './oip.ts';

const FROM = rate('FROM', 50);
const BY = rate('BY', 50);
const UNTIL = rate('UNTIL', 500);
const below = Math.max(0, Math.ceil((UNTIL - FROM) / BY));
const rates = [...Array.from({ length: below }, (_, i) => FROM + i * BY), UNTIL];

export const options = arrivals(FROM, levels(rates, length('EVERY', '10s')));
