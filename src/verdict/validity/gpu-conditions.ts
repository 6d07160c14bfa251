import { AGREEMENT } from '../../gpu/energy.ts';
import { EVENT_BITS, type MetricName } from '../../gpu/metric.ts';
import type { Gap, NodeObservation, Window } from '../../gpu/observation.ts';
import { silentDevices } from '../../gpu/silent-devices.ts';
import { growthOf, quantileOf, slopeOf, within } from '../../gpu/within.ts';
import { deviceCoverage } from '../observed/coverage.ts';
import { trialEnergy } from '../observed/energy.ts';
import { windowOf } from '../observed/window.ts';
import { digits, inPercent } from '../wording.ts';
import { heldByBit, isNeighbour, type Looked, ofEachDevice } from './gpu.ts';
import { atAgent, type Flaw, flaw, type Rule } from './rule.ts';

/** What does not make a trial invalid and must be known when its figures are read. */

const SOFT_LIMIT = 0.001;
const CAP_LIMIT = 0.05;
const CLOCK_LIMIT = 0.95;
/** °C per minute, over the first minute. */
const WARMING_LIMIT = 1;
const WARMING_NS = 60e9;
const LEAST_WARMING_NS = 10e9;
const COVERAGE_LIMIT = 0.95;

/** Share of the time by the counter; of the readings by the reasons of the clocks where a source has no counter. */
function heldShare(looked: Looked, metric: MetricName, bit: number): number {
  const { device, window } = looked;
  const series = device.series[metric];
  const seconds = series === undefined ? null : growthOf(series, window);
  return seconds === null ? heldByBit(looked, bit) : Math.max(0, seconds) / ((window.toNs - window.fromNs) / 1e9);
}

/** Held down by software, for its temperature. */
export const gpuSoftThermal: Rule = ofEachDevice((looked) => {
  const share = heldShare(looked, 'throttled.thermalSoftware', EVENT_BITS.thermalSoftware);
  if (share <= SOFT_LIMIT) return [];
  const message = `Software held its clocks down for its temperature in ${inPercent(share)} of the time.`;
  return [
    flaw(
      'caution',
      'gpu-throttled',
      looked.where,
      message,
      'Look at its cooling, or lock lower clocks that it can keep.',
    ),
  ];
});

/** Held down by the power cap. */
export const gpuPowerCap: Rule = ofEachDevice((looked) => {
  const share = heldShare(looked, 'throttled.powerCap', EVENT_BITS.powerCap);
  if (share <= CAP_LIMIT) return [];
  const message = `Its power limit held its clocks down in ${inPercent(share)} of the time.`;
  return [
    flaw(
      'caution',
      'gpu-power-cap',
      looked.where,
      message,
      'Another unit of the same model may be faster or slower: raise the limit, or lock clocks below it.',
    ),
  ];
});

/** Clocks that were not the same throughout. */
export const gpuClockDrop: Rule = ofEachDevice(({ device, window, where }) => {
  const clocks = within(device.series['clock.sm'] ?? { atNs: [], values: [] }, window);
  const [low, middle] = [quantileOf(clocks, 0.05), quantileOf(clocks, 0.5)];
  if (low === null || middle === null || low >= CLOCK_LIMIT * middle) return [];
  const message = `Its clock fell to ${digits(low)} MHz in the slowest 5 % of the time, from ${digits(middle)} MHz at the median.`;
  return [flaw('caution', 'gpu-clock-drop', where, message, 'Lock its clocks (`nvidia-smi -lgc`) to compare runs.')];
});

/** Still warming up when the measurement began. */
export const gpuWarming: Rule = ofEachDevice(({ device, window, where }) => {
  const toNs = Math.min(window.toNs, window.fromNs + WARMING_NS);
  if (toNs - window.fromNs < LEAST_WARMING_NS) return [];
  const slope = slopeOf(device.series['temperature.gpu'] ?? { atNs: [], values: [] }, { fromNs: window.fromNs, toNs });
  const perMinute = (slope ?? 0) * 60;
  if (perMinute <= WARMING_LIMIT) return [];
  const message = `It was still warming up when the measurement began: by ${digits(perMinute)} °C per minute.`;
  return [flaw('caution', 'gpu-warming', where, message, 'Write a longer `warmup`.')];
});

/** Seconds of which nothing is known. MIG instances tell little of their own. */
const coveredInPart: Rule = ofEachDevice(({ node, device, window, where }) => {
  const { share, of } = deviceCoverage(device, window);
  if (share >= COVERAGE_LIMIT || device.device.parent !== null) return [];
  const what = `readings${of === null ? '' : ` of its ${of}`}`;
  return [uncovered(where, `Only ${inPercent(share)} of the time is covered by ${what}`, node, window)];
});

/** GPUs that an inventory lists and nothing was read of, and nodes whose sampler never spoke. */
const neverRead: Rule = (trial) => {
  const window = windowOf(trial.view.phases);
  if (window === null) return [];
  return (trial.evidence.observed ?? []).flatMap((node) => {
    const where = atAgent(trial, node.agent);
    if (node.inventory === null) {
      return gapWithin(node, window) === undefined
        ? []
        : [uncovered(where, 'Nothing was read of its GPUs', node, window)];
    }
    return silentDevices(node).map(({ device: { index, uuid } }) =>
      uncovered(`${where}, GPU ${index ?? uuid}`, 'Nothing was read of it', node, window),
    );
  });
};

export const gpuCoverage: Rule = (trial) => [...coveredInPart(trial), ...neverRead(trial)];

const gapWithin = ({ gaps }: NodeObservation, window: Window): Gap | undefined =>
  gaps.find(({ fromNs, toNs }) => toNs > window.fromNs && fromNs < window.toNs);

function uncovered(where: string, what: string, node: NodeObservation, window: Window): Flaw {
  const gap = gapWithin(node, window);
  const message = `${what}${gap === undefined ? '' : `: ${gap.message}`}.`;
  const hint = 'Look at what the sampler says in the result; `loadcell gpu` shows what it reads now.';
  return flaw('caution', 'gpu-coverage', where, message, hint);
}

/** Two ways of telling the same energy that differ. */
export const gpuEnergyDisagrees: Rule = (trial) => {
  const window = windowOf(trial.view.phases);
  const nodes = trial.evidence.observed ?? [];
  const energy = window === null ? null : trialEnergy(nodes, window, 0);
  return (energy?.gpus ?? []).flatMap(({ device, disagreement }): readonly Flaw[] => {
    if (disagreement === null || disagreement <= AGREEMENT) return [];
    const node = nodes.find(({ devices }) => devices.some((other) => other.device.uuid === device.uuid));
    const where =
      node === undefined ? trial.where : `${atAgent(trial, node.agent)}, GPU ${device.index ?? device.uuid}`;
    const message = `The integral of its power differs by ${inPercent(disagreement)} from its energy counter; the counter counts.`;
    return [
      flaw(
        'caution',
        'gpu-energy-disagrees',
        where,
        message,
        'Read its power more often (`telemetry.gpu.every`), or take neither for exact.',
      ),
    ];
  });
};

/** Somebody else's work on another instance of the same GPU. */
export const gpuNeighbour: Rule = ofEachDevice((looked) => {
  const { trial, node, device, window, where } = looked;
  const theirs = node.processes.some(
    ({ device: on, standing, firstNs, lastNs }) =>
      on === device.device.uuid && standing === 'foreign' && firstNs <= window.toNs && lastNs >= window.fromNs,
  );
  if (!theirs || !isNeighbour(looked)) return [];
  const message =
    'Other processes computed on this MIG instance, beside the run on another one of the same GPU: they share its power.';
  return [
    flaw('caution', 'gpu-neighbour', where, message, `Leave the other instances idle while ${trial.where} runs.`),
  ];
});
