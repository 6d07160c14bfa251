import { errorShare, failedOf } from '../../verdict/request-figures.ts';
import type { TrialResult } from '../../verdict/trial-result.ts';
import { countText, figureText, numberText, percentText, valueText } from '../figures.ts';
import { BEYOND, type ChartColumn, type Column, type TimeChart } from './chart-data.ts';

interface Charted {
  readonly columns: Readonly<Record<ChartColumn, Column>>;
  readonly startS: number;
  readonly result: TrialResult;
}

/** What each chart shows, in a sentence with the main figures: for those who do not see it, and as its caption in print. */
export function chartSummaries(charted: Charted): Readonly<Record<TimeChart | 'distribution', string>> {
  const { columns, result } = charted;
  const { rates, accounting, latency } = result;
  return {
    response: responseSummary(charted),
    lag: `P99 of the harness's own lag over the measure phases is ${valueText(latency.lag.p99)} ms; ${highest(charted, 'lagP99', ' ms')}.`,
    host: `CPU: ${highest(charted, 'cpu', ' %')}. Stolen by the host: ${highest(charted, 'steal', ' %')}.${throttled(columns.throttled)}${nodes(charted)}`,
    rates: `Measured: offered ${figureText(rates.offered)}/s, started ${figureText(rates.started)}/s, achieved ${figureText(rates.achieved)}/s in time.`,
    failed: `${countText(failedOf(accounting) + accounting.shed + accounting.unfinished)} of ${countText(accounting.scheduled)} measured requests failed (${percentText(errorShare(accounting))}); ${highest(charted, 'failed', '')}.`,
    inFlight: `Requests in flight or waiting at the end of each second; ${highest(charted, 'inFlight', '')}.`,
    activity: ofColumns(
      charted,
      ['gpuSm', 'gpuTensor', 'gpuDram', 'gpuUtilization'],
      ['SM', 'Tensor cores', 'Memory', 'Some kernel present'],
      ' %',
    ),
    power: ofColumns(charted, ['gpuPower'], ['All GPUs together'], ' W'),
    clock: clockSummary(charted),
    held: ofColumns(charted, ['gpuHeld'], ['Of the readings of the GPU held most'], ' %'),
    temperature: ofColumns(charted, ['gpuTemperature'], ['The hottest GPU'], ' °C'),
    memory: `Resident memory of the harness's processes; ${highest(charted, 'memory', ' MB')}.`,
    distribution: distributionSummary(result),
  };
}

/** Of a clock the lowest counts. Empty where none is told. */
function clockSummary({ columns, startS }: Charted): string {
  const known = columns.gpuClock.flatMap((value, index) => (value === null ? [] : [{ value, atS: startS + index }]));
  const [first] = known;
  if (first === undefined) return '';
  const lowest = known.reduce((a, b) => (b.value < a.value ? b : a), first);
  const most = known.reduce((a, b) => Math.max(a, b.value), first.value);
  if (lowest.value === most) return `The lowest of any GPU is ${numberText(most)} MHz in every second.`;
  return `The lowest of any GPU lies between ${numberText(lowest.value)} MHz, at ${instant(lowest.atS)}, and ${numberText(most)} MHz.`;
}

/** Of the nodes that were watched; empty where none was. */
function nodes(charted: Charted): string {
  const text = ofColumns(charted, ['core', 'pressureCpu'], ['Busiest processor', 'Some task waiting for a CPU'], ' %');
  return text === '' ? '' : ` ${text}`;
}

function responseSummary({ columns, startS }: Charted): string {
  const rows = columns.p95.map((value, index) => ({ value, atS: startS + index }));
  const known = rows.flatMap(({ value, atS }) => (value === null || value === BEYOND ? [] : [{ value, atS }]));
  const beyond = rows.filter(({ value }) => value === BEYOND).length;
  const [first] = known;
  const tail =
    beyond === 0 ? '' : ` In ${secondsText(beyond)} P95 is beyond every response that came: too many failed.`;
  if (first === undefined) return `No second has a P95.${tail}`;
  const lowest = known.reduce((a, b) => (b.value < a.value ? b : a), first);
  const most = known.reduce((a, b) => (b.value > a.value ? b : a), first);
  return `P95 of a second's requests lies between ${figureText(lowest.value)} ms and ${figureText(most.value)} ms, the latter at ${instant(most.atS)}.${tail}`;
}

function distributionSummary({ latency: { response, service } }: TrialResult): string {
  const told = (of: typeof response): string =>
    (['p50', 'p95', 'p99', 'p99.9', 'max'] as const)
      .flatMap((name) => {
        const text = valueText(of[name]);
        return text === '-' ? [] : [`${name === 'max' ? 'largest' : name.toUpperCase()} ${text} ms`];
      })
      .join(', ');
  const texts = [`Response: ${told(response)}.`, `Service: ${told(service)}.`];
  // k6 tells no response of loops.
  return texts.filter((text) => !text.endsWith(': .')).join(' ');
}

function highest({ columns, startS }: Charted, column: ChartColumn, unit: string): string {
  let most: { value: number; atS: number } | null = null;
  for (const [index, value] of columns[column].entries()) {
    if (value !== null && (most === null || value > most.value)) most = { value, atS: startS + index };
  }
  if (most === null) return 'no second has a value';
  return most.value === 0 ? 'none in any second' : `at most ${numberText(most.value)}${unit}, at ${instant(most.atS)}`;
}

/** Of the columns that have values; empty where none has. */
const ofColumns = (charted: Charted, names: readonly ChartColumn[], labels: readonly string[], unit: string): string =>
  names
    .flatMap((name, place) =>
      charted.columns[name].length === 0 ? [] : [`${labels[place]}: ${highest(charted, name, unit)}.`],
    )
    .join(' ');

function throttled(column: Column): string {
  const held = column.filter((value) => value !== null && value > 0).length;
  return held === 0 ? '' : ` A CPU quota held the processes in ${secondsText(held)}.`;
}

/** Of a second: its start. */
const instant = (seconds: number): string => `${Number(seconds.toFixed(1))} s`;

const secondsText = (count: number): string => (count === 1 ? 'one second' : `${countText(count)} seconds`);
