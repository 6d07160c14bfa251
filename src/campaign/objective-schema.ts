import * as z from 'zod';
import { isStreamMetric } from '../stats/stream-tally.ts';
import { type Ns, ns, seconds } from '../time/ns.ts';
import { group, list } from './group.ts';
import { leaf, number, quantity, text, truth } from './leaf.ts';
import type { Comparison, Indicator, Objective } from './objective.ts';
import {
  bounded,
  DEFAULT_CONFIDENCE,
  formatLimit,
  type IndicatorName,
  parseIndicator,
  parseLimit,
  parseObjective,
} from './objective-text.ts';
import { formatDuration, parsePositiveDuration, quoted, type Reading, read, refuse } from './quantity.ts';
import { DURATION_PATTERN } from './quantity-schema.ts';

const asText = leaf<Objective>({
  description:
    'A bound on an indicator: response.pNN, service.pNN, wait.pNN, firstEvent.pNN, firstEventService.pNN, betweenEvents.pNN, response.max, throughput, goodput, samples, errors, held, gpu.*, host.* or energy.perInference; of a part of a k6 script response{name:...}.pNN.',
  examples: ['response.p95 < 100ms', 'throughput >= 100/s', 'errors < 5%'],
  json: { type: 'string', pattern: '^\\s*([^\\s{]|\\{[^}]*\\})+?\\s*(<=|>=|<|>)\\s*\\S+\\s*$' },
  read: (found) =>
    typeof found === 'string'
      ? parseObjective(found)
      : refuse(`found ${quoted(found)}, expected an objective, for example response.p95 < 100ms`),
});

const bound = (description: string): z.ZodType<unknown> =>
  leaf<unknown>({
    description,
    examples: ['250ms'],
    json: { type: 'string' },
    read: (found) => read(found),
  }).optional();

/** The keys that bound, and the comparison each stands for. */
const COMPARISONS = { below: '<', atMost: '<=', above: '>', atLeast: '>=' } as const satisfies Record<
  string,
  Comparison
>;
type BoundKey = keyof typeof COMPARISONS;
const BOUND_KEYS = Object.keys(COMPARISONS) as BoundKey[];

const asMap = group(
  'An objective with more to say than its text form holds.',
  '{ indicator: response.p99, below: 250ms, over: 10s }',
  {
    indicator: text('What is bounded.', 'response.p99'),
    below: bound('Upper bound, excluded.'),
    atMost: bound('Upper bound, included.'),
    above: bound('Lower bound, excluded.'),
    atLeast: bound('Lower bound, included.'),
    to: quantity(
      'Of recovery: the response time that counts as recovered.',
      '100ms',
      DURATION_PATTERN,
      parsePositiveDuration,
    ).optional(),
    over: quantity(
      'Judged on every sliding window of this length instead of the whole: of latencies and errors. Windows are judged by their scatter in the 20 s and more before them.',
      '10s',
      DURATION_PATTERN,
      readWindow,
    ).optional(),
    abort: truth(
      'Stops the trial on every agent as soon as a window breaches; it has failed then, and its cell runs no further trial. Needs over.',
      true,
    ).optional(),
    confidence: number('One-sided confidence of the verdict.', DEFAULT_CONFIDENCE, 0.5, 0.99999).optional(),
  },
).transform((map, context): Objective => {
  const fail = (key: string, message: string, params: Readonly<Record<string, unknown>> = {}): never => {
    context.issues.push({ code: 'custom', path: key === '' ? [] : [key], message, params, input: map });
    return z.NEVER;
  };
  const indicator = parseIndicator(map.indicator);
  if (!indicator.ok) return fail('indicator', indicator.problem);
  const keys = BOUND_KEYS.filter((key) => map[key] !== undefined);
  const [key] = keys;
  if (key === undefined || keys.length > 1) {
    return fail(
      '',
      `found ${keys.join(' and ') || 'no bound'}, expected exactly one of below, atMost, above or atLeast, for example below: 250ms`,
      keys.length === 0 ? { oneOf: BOUND_KEYS } : {},
    );
  }
  const objective = build(indicator.value, COMPARISONS[key], map[key], map.to);
  if (!objective.ok) return fail(key, objective.problem);
  if (map.to !== undefined && indicator.value.kind !== 'recovery') {
    return fail(
      'to',
      `found ${formatDuration(map.to)}, expected no such key: only recovery has it, for example { indicator: recovery, to: 100ms, below: 5s }`,
    );
  }
  const overNs = map.over ?? null;
  const misfit = windowMisfit(indicator.value, overNs, map.abort ?? false);
  if (misfit !== null) return fail(misfit.key, misfit.message);
  return {
    ...objective.value,
    text: overNs === null ? objective.value.text : `${objective.value.text} over ${formatDuration(overNs)}`,
    overNs,
    abort: map.abort ?? false,
    confidence: map.confidence ?? DEFAULT_CONFIDENCE,
  };
});

/** Windows are judged on shares of requests over a limit, and a trial is stopped by a window. */
function windowMisfit(
  indicator: IndicatorName,
  overNs: Ns | null,
  abort: boolean,
): { readonly key: string; readonly message: string } | null {
  if (overNs === null) {
    const message =
      'found abort without a window, expected one that is watched, for example { indicator: response.p99, below: 250ms, over: 10s, abort: true }';
    return abort ? { key: 'abort', message } : null;
  }
  const { kind } = indicator;
  if (kind === 'max' || kind === 'errors') return null;
  if (kind === 'latency' && !isStreamMetric(indicator.metric)) return null;
  const what = kind === 'latency' ? indicator.metric : kind;
  const message = `found ${formatDuration(overNs)} of ${what}, expected no such key: only response, service, wait and errors are judged over a window`;
  return { key: 'over', message };
}

function build(
  indicator: IndicatorName,
  comparison: Comparison,
  limit: unknown,
  to: number | undefined,
): Reading<Objective> {
  if (indicator.kind !== 'recovery') return bounded(indicator, comparison, limit);
  if (to === undefined)
    return refuse(
      'found recovery without to, expected the response time to recover to, for example { indicator: recovery, to: 100ms, below: 5s }',
    );
  const recovery: Indicator = { kind: 'recovery', toNs: ns(to) };
  const reading = parseLimit({ kind: 'recovery' }, 'recovery', comparison, limit);
  if (!reading.ok) return reading;
  const text = `recovery to ${formatDuration(recovery.toNs)} ${comparison} ${formatLimit({ kind: 'recovery' }, reading.value)}`;
  return read({
    text,
    indicator: recovery,
    comparison,
    limit: reading.value,
    overNs: null,
    abort: false,
    confidence: DEFAULT_CONFIDENCE,
  });
}

function readWindow(found: unknown): ReturnType<typeof parsePositiveDuration> {
  const window = parsePositiveDuration(found);
  if (!window.ok || window.value >= seconds(1)) return window;
  return refuse(`found ${quoted(found)}, expected a window of at least 1s, for example 10s`);
}

/** Objectives (SLA targets): each as text or as a map. */
export const objectivesSchema = list(
  'Objectives (SLO, SLA targets): bounds on what is measured.',
  '[response.p95 < 100ms, errors < 5%]',
  z.union([asText, asMap]),
);
