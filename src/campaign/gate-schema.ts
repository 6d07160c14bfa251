import * as z from 'zod';
import { GATE_METRICS, type GatePolicy, isGatedRate, type MetricPolicy } from './gate-policy.ts';
import { group, known, list } from './group.ts';
import { leaf, text, wholeNumber, word } from './leaf.ts';
import { parseDuration, parseRate, parseShare, quoted, type Reading, read, refuse } from './quantity.ts';
import { duration } from './quantity-schema.ts';

const NS_PER_MS = 1e6;
const MOST_PAIRS = 1000;

const share = (description: string, example: string, below: number): z.ZodType<number> =>
  leaf({
    description,
    examples: [example],
    json: { type: 'string', pattern: '^\\d+(\\.\\d+)?%$' },
    read: (found): Reading<number> => {
      const parsed = parseShare(found);
      if (!parsed.ok || (parsed.value > 0 && parsed.value < below)) return parsed;
      return refuse(
        `found ${quoted(found)}, expected a share above 0% and below ${below * 100}%, for example ${example}`,
      );
    },
  });

const metricWord = word('What is held against the baseline.', GATE_METRICS);

const floor = leaf<{ readonly of: 'latency' | 'rate'; readonly value: number }>({
  description: 'Smallest absolute change that counts: of a latency a duration, of throughput and goodput a rate.',
  examples: ['1ms', '2/s'],
  json: { type: 'string' },
  read: (found) => {
    const time = parseDuration(found);
    if (time.ok) return read({ of: 'latency', value: time.value / NS_PER_MS });
    const rate = parseRate(found);
    if (rate.ok) return read({ of: 'rate', value: rate.value });
    return refuse(`found ${quoted(found)}, expected a duration or a rate, for example 1ms or 2/s`);
  },
});

const metricMap = group('A metric with settings of its own.', '{ metric: response.p99, threshold: 10% }', {
  metric: metricWord,
  cell: text('Only of this cell; absent: of every cell.', 'classifier/load').optional(),
  threshold: share('Smallest change for the worse that counts; absent: the policy’s.', '10%', 10).optional(),
  floor: floor.optional(),
})
  .superRefine(({ metric, floor: least }, context) => {
    if (least === undefined || (least.of === 'rate') === isGatedRate(metric)) return;
    const expected = isGatedRate(metric) ? 'a rate, for example 2/s' : 'a duration, for example 1ms';
    context.addIssue({
      code: 'custom',
      path: ['floor'],
      message: `found another unit than ${metric} has, expected ${expected}`,
    });
  })
  .transform(
    ({ metric, cell, threshold, floor: least }): MetricPolicy => ({
      metric,
      cell: cell ?? null,
      better: isGatedRate(metric) ? 'higher' : 'lower',
      threshold: threshold ?? null,
      floor: least?.value ?? null,
    }),
  );

const metric = z.union([
  metricWord.transform(
    (name): MetricPolicy => ({
      metric: name,
      cell: null,
      better: isGatedRate(name) ? 'higher' : 'lower',
      threshold: null,
      floor: null,
    }),
  ),
  known(metricMap, { noun: 'a map', example: '{ metric: response.p99, threshold: 10% }' }),
]);

const consequence = (what: string, event: string, usual: 'block' | 'tolerate') =>
  word(`${what} on ${event}: block with its exit code, or tolerate with exit 0.`, ['block', 'tolerate']).prefault(
    usual,
  );

const perEvent = (what: string, usual: Record<'pr' | 'nightly' | 'release', 'block' | 'tolerate'>) =>
  group(`What ${what} leads to.`, '{ pr: tolerate }', {
    pr: consequence(what, 'a pull request', usual.pr),
    nightly: consequence(what, 'a nightly run', usual.nightly),
    release: consequence(what, 'a release', usual.release),
  }).prefault({});

/** A day of the calendar: `2026-02-31` is none. */
function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const midnight = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(text);
}

const day = leaf<string>({
  description: 'The last day on which it holds, UTC.',
  examples: ['2026-12-31'],
  json: { type: 'string', pattern: '^\\d{4}-\\d{2}-\\d{2}$' },
  read: (found) =>
    typeof found === 'string' && isDay(found)
      ? read(found)
      : refuse(`found ${quoted(found)}, expected a day, for example 2026-12-31`),
});

const looks = list(
  'Numbers of pairs after which it is decided; the last one is the budget.',
  '[8, 16]',
  wholeNumber('Pairs.', 8, 2, MOST_PAIRS),
)
  .min(1, 'found an empty list, expected at least one number of pairs, for example [8, 16]')
  .superRefine((found, context) => {
    if (found.every((count, index) => index === 0 || count > (found[index - 1] ?? 0))) return;
    context.addIssue({
      code: 'custom',
      message: `found ${quoted(found)}, expected numbers that grow, for example [8, 16]`,
    });
  });

/** The key `gate` of a campaign, and a policy's own file. */
export const gateSchema = group('When a candidate is worse than its baseline (loadcell gate).', '{ threshold: 5% }', {
  metrics: list('What is held against the baseline, at most 6 over all cells.', '[response.p95]', metric).prefault([]),
  threshold: share('Smallest change for the worse that counts.', '5%', 10).prefault('5%'),
  floor: duration('Smallest absolute change of a latency that counts.', '100us').prefault('100us'),
  alpha: share('Chance of any false fail where nothing has changed.', '1%', 0.5).prefault('1%'),
  beta: share('Chance, per metric, that a change as large as the threshold is passed.', '5%', 0.5).prefault('5%'),
  looks: looks.prefault([8, 16]),
  confirm: word('repeat: a fail counts only when a repetition fails too.', ['none', 'repeat']).prefault('none'),
  onInconclusive: perEvent('an inconclusive gate', { pr: 'tolerate', nightly: 'block', release: 'block' }),
  onInvalid: perEvent('an invalid measurement', { pr: 'block', nightly: 'block', release: 'block' }),
  onNoBaseline: perEvent('a missing baseline', { pr: 'tolerate', nightly: 'tolerate', release: 'block' }),
  acks: list(
    'Known changes that fail nothing for a while.',
    '[{ metric: response.p99, until: 2026-12-31, reason: new model }]',
    group('A known change.', '{ metric: response.p99, until: 2026-12-31, reason: new model }', {
      metric: metricWord,
      cell: text('Only of this cell; absent: of every cell.', 'classifier/load').optional(),
      until: day,
      reason: text('Why it is accepted.', 'the new model is larger'),
    }),
  ).prefault([]),
});

export const gatePolicyOf = ({ floor: least, acks, ...parsed }: z.output<typeof gateSchema>): GatePolicy => ({
  ...parsed,
  floorMs: least / NS_PER_MS,
  acks: acks.map(({ cell, ...ack }) => ({ ...ack, cell: cell ?? null })),
});

/** What holds where nothing is written. */
export const defaultGatePolicy = (): GatePolicy => gatePolicyOf(gateSchema.parse({}));
