import type { EnergyFigure, GpuMetricResult } from '../verdict/observed/gpu-result.ts';
import type { TrialResult } from '../verdict/trial-result.ts';
import { figureText, percentText } from './figures.ts';

/** What was observed of GPUs, in lines for people; empty where nothing was. */
export const observedLines = (trial: TrialResult): readonly string[] => [
  ...gpuLines(trial),
  ...energyLines(trial),
  ...samplerLines(trial),
];

function gpuLines({ gpu }: TrialResult): readonly string[] {
  return (gpu?.gpus ?? []).map(({ uuid, index, name, parent, metrics, coverage }) => {
    const place = parent === null ? `GPU ${index ?? uuid}` : `MIG ${index ?? uuid}`;
    const figures = SHOWN.flatMap(([label, unit, ...names]) => {
      const found = names.map((metric) => metrics[metric]).find((metric) => metric !== undefined && metric.count > 0);
      return found === undefined ? [] : [`${label} ${gaugeText(found, unit)}`];
    });
    const covered = coverage >= 0.995 ? '' : ` (${percentText(coverage)} of the time)`;
    return `${place}${name === null ? '' : `, ${name}`}: ${figures.length === 0 ? 'nothing told' : figures.join(', ')}${covered}`;
  });
}

type Shown = 'W' | 'MHz' | '°C' | '%' | 'MiB';
const SHOWN: readonly (readonly [label: string, unit: Shown, ...metrics: string[]])[] = [
  ['power', 'W', 'power.instant', 'power.draw'],
  ['clock', 'MHz', 'clock.sm'],
  ['temperature', '°C', 'temperature.gpu'],
  ['memory', 'MiB', 'memory.used'],
  ['SM', '%', 'activity.sm'],
  ['tensor', '%', 'activity.tensor'],
  ['DRAM', '%', 'activity.dram'],
  ['kernels present', '%', 'utilization.gpu'],
];

function gaugeText(metric: GpuMetricResult, unit: Shown): string {
  if (metric.kind !== 'gauge' || metric.mean === null || metric.max === null) return 'not told';
  const text = (value: number): string =>
    unit === '%' ? percentText(value) : `${figureText(unit === 'MiB' ? value / 2 ** 20 : value)} ${unit}`;
  return `${text(metric.mean)} (at most ${text(metric.max)})`;
}

function energyLines({ energy }: TrialResult): readonly string[] {
  if (energy === null) return [];
  const { total, perInference, packageJoules } = energy;
  const cpu = packageJoules === null ? '' : `; CPU packages ${figureText(packageJoules)} J`;
  if (total.joules === null) return [`energy: not measurable, ${NOT[total.reason]}${cpu}`];
  const each =
    perInference === null
      ? ''
      : `; per inference ${joulesText(perInference.gross)}${
          perInference.net === null ? ', net of idle not known' : `, net of idle ${joulesText(perInference.net)}`
        }`;
  return [`energy of all GPUs: ${joulesText(total)}${each}${cpu}`];
}

const NOT: Readonly<Record<Extract<EnergyFigure, { joules: null }>['reason'], string>> = {
  'too-short': 'the phases last less than 2 s',
  'not-bracketed': 'no reading lies before or none after',
  gap: 'readings lie too far apart',
  'counter-backwards': 'the counter went backwards',
  'not-told': 'a GPU tells neither power nor energy',
};

const joulesText = ({ joules, error }: { readonly joules: number; readonly error: number }): string =>
  `${figureText(joules)} J (+- ${figureText(error)} J)`;

function samplerLines({ gpu }: TrialResult): readonly string[] {
  if (gpu === null) return [];
  return gpu.sampler.map(
    ({ cpu, lateP99Ms }) =>
      `the sampler took ${percentText(cpu)} of one CPU; 99 % of its readings began within ${figureText(lateP99Ms)} ms`,
  );
}

/** The slow stretches of a trial and what they are likely due to. */
export const slowLines = ({ slow = [] }: TrialResult): readonly string[] =>
  slow.map(({ startMs, endMs, p95Ms, usualMs, cause, rule }) => {
    const when = `${figureText(startMs / 1000)} s to ${figureText(endMs / 1000)} s`;
    return `slow from ${when}: P95 up to ${figureText(p95Ms)} ms, usually ${figureText(usualMs)} ms; likely cause: ${cause}. ${rule}`;
  });
