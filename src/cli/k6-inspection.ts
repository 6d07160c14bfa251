import { z } from 'zod';
import type { OwnScenarios } from '../campaign/k6-plan.ts';
import { type Reading, read, refuse } from '../campaign/quantity.ts';
import type { OwnScenario } from '../campaign/target-spec.ts';
import { ns } from '../time/ns.ts';

const text = z.string().nullish();
const number = z.number().nullish();
/** All that shapes a load: `env` and `tags`, which may hold a secret, are left out. */
const scenario = z.object({
  executor: z.string(),
  exec: text,
  startTime: text,
  gracefulStop: text,
  duration: text,
  maxDuration: text,
  gracefulRampDown: text,
  vus: number,
  startVUs: number,
  iterations: number,
  rate: number,
  startRate: number,
  timeUnit: text,
  preAllocatedVUs: number,
  maxVUs: number,
  stages: z.array(z.object({ duration: text, target: number })).nullish(),
});
const threshold = z.union([
  z.string().transform((written) => ({ threshold: written, abortOnFail: false, delayAbortEval: null })),
  z.object({ threshold: z.string(), abortOnFail: z.boolean().nullish(), delayAbortEval: text }),
]);
const inspection = z.object({
  scenarios: z.record(z.string(), scenario).nullish(),
  thresholds: z.record(z.string(), z.array(threshold)).nullish(),
  maxVUs: z.number().int().nonnegative(),
  teardownTimeout: text,
});

/** What k6 gives a teardown() that says nothing else (k6 2.2). */
const TEARDOWN = '60s';

/** Executors that start iterations on a schedule of their own. */
const OPEN = ['constant-arrival-rate', 'ramping-arrival-rate'];

/** What `k6 inspect --execution-requirements` printed of a script. */
export function ownScenarios(printed: string, name: string): Reading<OwnScenarios> {
  const parsed = inspection.safeParse(jsonOf(printed));
  if (!parsed.success) return refuse(`found ${name}, of which k6 said something that is not known`);
  const { scenarios, thresholds, maxVUs, teardownTimeout } = parsed.data;
  const all = Object.values(scenarios ?? {});
  const said = Object.entries(scenarios ?? {}).map(([key, each]) => [key, withoutNulls(each)] as const);
  const ends = all.map(endNs);
  const isTimed = all.length > 0 && ends.every((end) => end !== null);
  return read({
    scenarios: Object.fromEntries(said),
    mostVus: Math.max(1, maxVUs),
    durationNs: isTimed ? ns(Math.max(1e9, ...ends.map(Number))) : null,
    teardownNs: ns(goDurationNs(teardownTimeout ?? TEARDOWN)),
    executors: all.length > 0 && all.every(isOpen) ? 'open' : 'closed',
    highestRate: all.filter(isOpen).reduce((sum, each) => sum + highestPerSecond(each), 0),
    functions: all.length === 0 ? ['default'] : [...new Set(all.map(({ exec }) => exec ?? 'default'))],
    thresholds: Object.fromEntries(
      Object.entries(thresholds ?? {}).map(([metric, of]) => [metric, of.map((each) => each.threshold)]),
    ),
    aborts: Object.entries(thresholds ?? {}).flatMap(([metric, of]) =>
      of.flatMap(({ threshold: written, abortOnFail, delayAbortEval }) =>
        abortOnFail === true ? [{ metric, threshold: written, afterNs: ns(goDurationNs(delayAbortEval ?? '0s')) }] : [],
      ),
    ),
  });
}

type Scenario = z.infer<typeof scenario>;

const withoutNulls = (each: Scenario): OwnScenario =>
  Object.fromEntries(Object.entries(each).filter(([, value]) => value != null));

const isOpen = ({ executor }: Scenario): boolean => OPEN.includes(executor);

function highestPerSecond({ rate, startRate, timeUnit, stages }: Scenario): number {
  const rates = [rate ?? 0, startRate ?? 0, ...(stages ?? []).map(({ target }) => target ?? 0)];
  return Math.max(...rates) / (goDurationNs(timeUnit ?? '1s') / 1e9);
}

function jsonOf(printed: string): unknown {
  try {
    return JSON.parse(printed);
  } catch {
    return null;
  }
}

/** When a scenario ends by its clock; null: with its iterations. */
function endNs({ startTime, duration, stages }: Scenario): number | null {
  const lengths = duration != null ? [duration] : (stages ?? []).map((stage) => stage.duration ?? '0s');
  if (lengths.length === 0) return null;
  return [startTime ?? '0s', ...lengths].reduce((sum, each) => sum + goDurationNs(each), 0);
}

const UNITS_NS = { h: 3600e9, m: 60e9, s: 1e9, ms: 1e6, us: 1e3, µs: 1e3, ns: 1 } as const;

/** `1h2m3.5s`, as Go prints durations; also a bare number of milliseconds, as k6 takes them. */
export function goDurationNs(text: string): number {
  if (/^\d+(\.\d+)?$/u.test(text)) return Number(text) * 1e6;
  let sum = 0;
  for (const [, value, unit] of text.matchAll(/(\d+(?:\.\d+)?)(h|ms|us|µs|ns|m|s)/gu)) {
    sum += Number(value) * UNITS_NS[unit as keyof typeof UNITS_NS];
  }
  return Math.round(sum);
}
