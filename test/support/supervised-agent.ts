// A descendant of a supervised coordinator that lives until it is ended.
import { watchLifeline } from '../../src/wire/lifeline.ts';

watchLifeline(process.env);
setInterval(() => {}, 60_000);
