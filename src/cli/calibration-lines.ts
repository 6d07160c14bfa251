import { countText, figureText, percentText } from '../report/figures.ts';
import { leftColumns, type Paint } from '../report/layout.ts';
import { NS_PER_MS } from '../time/ns.ts';
import { NEAR_CEILING } from '../verdict/validity/capacity.ts';
import { HIGH_LAG_FLOOR_NS } from '../verdict/validity/generator.ts';
import { STEAL_CAUTION } from '../verdict/validity/host.ts';
import { type Calibration, KNOWN_ANSWER_TOLERANCE, type KnownAnswer } from '../wire/calibration.ts';
import { durationText } from './progress-view.ts';

/** One finding of a calibration for people. */
export type CalibrationLine = {
  readonly name: string;
  readonly found: string;
  /** What would be right, or why there is nothing to hold it against. */
  readonly expected: string;
} & ({ readonly verdict: 'ok' | 'unknown' } | { readonly verdict: 'poor'; readonly advice: string });

/** Requests per second that one agent's harness should reach against a target that does nothing. */
const LEAST_CEILING = 10_000;
const LEAST_CEILING_K6 = 2_000;
const MOST_LAG_MS = HIGH_LAG_FLOOR_NS / NS_PER_MS;
const MOST_RESOLUTION_US = 1;
const MOST_SLEEP_LATE_US = 1000;
const MOST_RECORD_NS = 1000;

const QUIETER = 'keep other work off this machine, or take a dedicated one';

/** Every line of the table, from the fixed bounds that verdicts use and the analytic answers. */
export const calibrationLines = (calibration: Calibration): readonly CalibrationLine[] => [
  ...harnessLines(calibration),
  ...calibration.checks.map(checkLine),
  stealLine(calibration.steal ?? null),
];

/** Exit code 13 is for these alone: the instrument gave a wrong answer to a question whose answer is known. */
export const knowsItsAnswers = ({ checks }: Calibration): boolean => checks.length > 0 && checks.every(({ ok }) => ok);

type Names = Pick<CalibrationLine, 'name' | 'found' | 'expected'>;

const held = (names: Names, holds: 'holds' | 'misses', advice: string): CalibrationLine =>
  holds === 'holds' ? { ...names, verdict: 'ok' } : { ...names, verdict: 'poor', advice };

const atMost = (value: number, most: number): 'holds' | 'misses' => (value <= most ? 'holds' : 'misses');

function harnessLines(calibration: Calibration): CalibrationLine[] {
  const { ceilingPerSecond, timer, recordNs, driver } = calibration;
  const least = driver === 'k6' ? LEAST_CEILING_K6 : LEAST_CEILING;
  return [
    held(
      {
        name: 'highest rate',
        found: `${countText(Math.round(ceilingPerSecond))}/s`,
        expected: `at least ${countText(least)}/s`,
      },
      ceilingPerSecond >= least ? 'holds' : 'misses',
      'deal the load to more agents, or give them more workers',
    ),
    lagLine(calibration),
    ...floorLines(calibration),
    held(
      {
        name: 'timer resolution',
        found: `${figureText(timer.resolutionUs)} us`,
        expected: `at most ${MOST_RESOLUTION_US} us`,
      },
      atMost(timer.resolutionUs, MOST_RESOLUTION_US),
      'look at the clock source in `loadcell doctor`',
    ),
    held(
      {
        name: 'late after a sleep',
        found: `P50 ${figureText(timer.sleepLateP50Us)}  P99 ${figureText(timer.sleepLateP99Us)} us`,
        expected: `P99 at most ${countText(MOST_SLEEP_LATE_US)} us`,
      },
      atMost(timer.sleepLateP99Us, MOST_SLEEP_LATE_US),
      QUIETER,
    ),
    held(
      {
        name: 'cost of a record',
        found: `${figureText(recordNs)} ns`,
        expected: `at most ${countText(MOST_RECORD_NS)} ns`,
      },
      atMost(recordNs, MOST_RECORD_NS),
      QUIETER,
    ),
  ];
}

function lagLine({ lagMs, pacing }: Calibration): CalibrationLine {
  const name = 'lag at 1,000/s';
  if (lagMs === null) return { name, found: 'unknown', expected: 'k6 records none', verdict: 'unknown' };
  const sharper = pacing === 'precise' ? '' : 'use precise pacing, ';
  return held(
    {
      name,
      found: `P50 ${figureText(lagMs.p50)}  P99 ${figureText(lagMs.p99)}  P99.9 ${figureText(lagMs['p99.9'])} ms`,
      expected: `P99 at most ${MOST_LAG_MS} ms`,
    },
    atMost(lagMs.p99, MOST_LAG_MS),
    `${sharper}fewer workers than cores; ${QUIETER}`,
  );
}

/** What k6 takes itself of every latency that it tells. */
function floorLines({ floorMs }: Calibration): CalibrationLine[] {
  if (floorMs === undefined) return [];
  const found = `P50 ${figureText(floorMs.p50)}  P99 ${figureText(floorMs.p99)} ms`;
  return [{ name: 'own service time', found, expected: 'as short as may be', verdict: 'unknown' }];
}

const ANSWER_NAMES: Readonly<Record<KnownAnswer, string>> = {
  'stall-p90': 'known stall, P90',
  'stall-p99': 'known stall, P99',
  'service-p50': 'known service, P50',
};

function checkLine({ name, expectedMs, observedMs, ok }: Calibration['checks'][number]): CalibrationLine {
  const names = {
    name: ANSWER_NAMES[name],
    found: `${figureText(observedMs)} ms`,
    expected: `${expectedMs} ms within ${percentText(KNOWN_ANSWER_TOLERANCE[name])}`,
  };
  return held(names, ok ? 'holds' : 'misses', `latencies measured here are off: ${QUIETER}, then --fresh`);
}

function stealLine(steal: number | null): CalibrationLine {
  const name = 'stolen by the host';
  if (steal === null) return { name, found: 'unknown', expected: 'this system does not tell', verdict: 'unknown' };
  const names = { name, found: percentText(steal), expected: `at most ${percentText(STEAL_CAUTION)}` };
  return held(names, atMost(steal, STEAL_CAUTION), QUIETER);
}

/** The table. `ageS`: seconds since it was taken; null: it was taken just now. */
export function calibrationText(calibration: Calibration, ageS: number | null, paint: Paint): string {
  const { takenAt, ceilingPerSecond } = calibration;
  const lines = calibrationLines(calibration);
  const age = ageS === null ? 'taken now' : `taken ${durationText(ageS)} ago (${takenAt}); --fresh takes a new one`;
  const heading = `calibration  ${driverText(calibration)}, ${age}`;
  const rows = leftColumns([
    ['', 'found', 'expected', ''],
    ...lines.map((line) => [line.name, line.found, line.expected, verdictText(line, paint)]),
  ]);
  return [
    paint.strong(heading),
    '',
    `  ${rows[0]?.trimEnd()}`,
    ...lines.flatMap((line, index) => [
      `  ${rows[index + 1]}`,
      ...(line.verdict === 'poor' ? [`      -> ${line.advice}`] : []),
    ]),
    '',
    conclusion(calibration, NEAR_CEILING * ceilingPerSecond, paint),
    '',
  ].join('\n');
}

function driverText({ driver, pacing, workers, size, k6 }: Calibration): string {
  const users = size?.connections ?? 0;
  if (k6 !== undefined) return `k6 ${k6.version}${k6.output === 'stock' ? ' as CSV' : ''}, ${users} virtual users`;
  const many = size == null ? '' : `, ${users} ${users === 1 ? 'connection' : 'connections'}`;
  return `${driver === 'in-process' ? '' : `${driver}, `}${pacing} pacing, ${workers} ${workers === 1 ? 'worker' : 'workers'}${many}`;
}

const verdictText = ({ verdict }: CalibrationLine, paint: Paint): string =>
  ({ ok: paint.good, poor: paint.doubtful, unknown: paint.faint })[verdict](verdict);

function conclusion(calibration: Calibration, mostPerSecond: number, paint: Paint): string {
  if (!knowsItsAnswers(calibration)) {
    return paint.bad('A known answer came out wrong: do not trust latencies measured on this machine now.');
  }
  return `Good for up to ${countText(Math.round(mostPerSecond))}/s of each agent, 70 % of its highest rate.`;
}
