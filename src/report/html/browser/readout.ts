import { BEYOND, type ChartColumn, type TrialData } from '../chart-data.ts';
import { timeText, valueText } from './axes.ts';

const SPOKEN: readonly (readonly [column: ChartColumn, label: string, unit: string])[] = [
  ['p50', 'P50', ' ms'],
  ['p95', 'P95', ' ms'],
  ['p99', 'P99', ' ms'],
  ['lagP99', 'lag P99', ' ms'],
  ['offered', 'offered', ''],
  ['started', 'started', ''],
  ['achieved', 'achieved', ''],
  ['failed', 'failed', ''],
  ['inFlight', 'in flight', ''],
  ['cpu', 'CPU', ' %'],
  ['steal', 'stolen', ' %'],
  ['core', 'busiest processor', ' %'],
  ['memory', 'memory', ' MB'],
  ['gpuSm', 'SM', ' %'],
  ['gpuDram', 'DRAM', ' %'],
  ['gpuPower', 'GPU power', ' W'],
  ['gpuClock', 'GPU clock', ' MHz'],
  ['gpuHeld', 'held down', ' %'],
  ['gpuTemperature', 'GPU temperature', ' °C'],
];

/** Everything that is known of one second, in one line. */
export function readoutText(trial: TrialData, index: number): string {
  const { startS, columns, phases } = trial;
  const atS = startS + index;
  const endS = startS + columns.offered.length;
  const phase = phases.find(({ fromS, toS }) => atS >= fromS && atS < toS);
  const known = SPOKEN.filter(([column]) => columns[column].length > 0);
  const values = known.map(([column, label, unit]) => `${label} ${spoken(columns[column][index], unit)}`);
  return `${timeText(Number(atS.toFixed(3)), endS)}${phase === undefined ? '' : `, ${phase.name}`}: ${values.join(', ')}.`;
}

function spoken(value: number | null | undefined, unit: string): string {
  if (value === null || value === undefined) return 'none';
  return value === BEYOND ? 'beyond every response that came' : `${valueText(value)}${unit}`;
}
