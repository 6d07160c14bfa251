import type { Objective } from '../../campaign/objective.ts';
import {
  OBSERVED,
  type ObservedIndicator,
  type ObservedQuantity,
  type Statistic,
} from '../../campaign/observed-indicator.ts';
import type { MetricName } from '../../gpu/metric.ts';
import type { HostSecond, NodeObservation, Window } from '../../gpu/observation.ts';
import { silentDevices } from '../../gpu/silent-devices.ts';
import { largestOf, meanOf, quantileOf, smallestOf, within } from '../../gpu/within.ts';
import type { Estimate } from '../../stats/estimate.ts';
import { type Finding, type Judgement, judged } from '../judgement.ts';
import { powerOf, trialEnergy } from '../observed/energy.ts';
import { busiestCore, hostWithin } from '../observed/host-node.ts';
import { windowOf } from '../observed/window.ts';
import type { TrialView } from '../trial-view.ts';
import { digits, inPercent, keeps } from '../wording.ts';

/** Objectives on what is observed beside the load: facts of the run, each GPU and each node by itself. */

/** Where a value was found, for sentences. */
interface Value {
  readonly of: string;
  /** Null: it tells nothing. */
  readonly value: number | null;
}

/**
 * `gpu.*` and `host.*`: every GPU, and every node, must keep the bound in every trial. One that misses it decides; one that
 * tells nothing keeps the others from having kept it.
 */
export function judgeObserved(
  objective: Objective,
  indicator: ObservedIndicator,
  views: readonly TrialView[],
): Judgement {
  const perTrial = views.map((view) => valuesOf(indicator, view));
  const values = perTrial.flat().flatMap(({ of, value }) => (value === null ? [] : [{ of, value }]));
  if (values.length === 0) return notObserved(objective.text);
  const upper = objective.comparison.startsWith('<');
  const worst = values.reduce((a, b) => ((upper ? b.value > a.value : b.value < a.value) ? b : a));
  const silent = perTrial.flat().find(({ value }) => value === null);
  const isPart = silent !== undefined || perTrial.some((found) => found.length === 0);
  if (isPart && keeps(objective, worst.value)) return notObserved(objective.text, silent?.of);
  return decided(objective, worst.value, inUnit(worst.value, OBSERVED[indicator.quantity]), `${worst.of} had`);
}

/** `energy.perInference`: joules of all GPUs over the inferences of all trials, idle power included. */
export function judgeEnergy(objective: Objective, views: readonly TrialView[], batch: number): Judgement {
  let joules = 0;
  let inferences = 0;
  for (const view of views) {
    const window = windowOf(view.phases);
    const energy = window === null ? null : trialEnergy(view.observed ?? [], window, 0);
    if (energy === null || energy.total.kind !== 'measured') return notObserved(objective.text);
    joules += energy.total.joules;
    inferences += view.phases.reduce((sum, { whole }) => sum + whole.ok, 0) * batch;
  }
  if (inferences === 0) return notObserved(objective.text);
  return decided(objective, joules / inferences, `${digits(joules / inferences)} J`, 'one inference took');
}

function decided(objective: Objective, value: number, text: string, what: string): Judgement {
  const decision = keeps(objective, value) ? 'pass' : 'fail';
  const observed: Estimate = { value, low: null, high: null, method: 'observed' };
  return judged(decision, { observed, over: null, lessLag: decision, byBounds: false }, () => ({
    finding: {
      code: 'objective-missed',
      message: `${objective.text} is missed: ${what} ${text}.`,
      hint: 'The series shows it second by second beside the latency.',
    },
  }));
}

/** A value of what is observed, for a sentence. */
function inUnit(value: number, unit: (typeof OBSERVED)[ObservedQuantity]): string {
  if (unit === 'ratio') return inPercent(value);
  return unit === 'bytes' ? `${digits(value / 2 ** 20)} MiB` : `${digits(value)} ${unit}`;
}

function notObserved(text: string, silent?: string): Judgement {
  const finding: Finding = {
    code: 'not-observed',
    message: `${text} cannot be told: nothing that was observed ${silent === undefined ? '' : `of ${silent} `}says it.`,
    hint: '`loadcell gpu` and `loadcell doctor` show what this machine tells; the result says why a value is missing.',
  };
  const observed: Estimate = { value: null, reason: 'not-recorded' };
  return {
    decision: 'inconclusive',
    observed,
    over: null,
    lessLag: 'inconclusive',
    byBounds: false,
    needs: null,
    finding,
  };
}

const GPU_METRICS: Readonly<Partial<Record<ObservedQuantity, MetricName>>> = {
  'gpu.temperature': 'temperature.gpu',
  'gpu.clock': 'clock.sm',
  'gpu.memory': 'memory.used',
  'gpu.utilization': 'utilization.gpu',
  'gpu.sm': 'activity.sm',
  'gpu.tensor': 'activity.tensor',
  'gpu.dram': 'activity.dram',
};

/** One value for each GPU, or each node. */
function valuesOf({ quantity, statistic }: ObservedIndicator, view: TrialView): readonly Value[] {
  const window = windowOf(view.phases);
  if (window === null) return [];
  return (view.observed ?? []).flatMap((node) =>
    quantity.startsWith('gpu.')
      ? gpuValues(node, quantity, statistic, window)
      : hostValues(node, quantity, statistic, window),
  );
}

/** Of a GPU with MIG what it tells itself, what its instances do, or both. */
function gpuValues(
  node: NodeObservation,
  quantity: ObservedQuantity,
  statistic: Statistic,
  window: Window,
): readonly Value[] {
  const metric = GPU_METRICS[quantity];
  const found = [...node.devices, ...silentDevices(node)].map(({ device, series }) => {
    const known = metric === undefined ? powerOf(series) : series[metric];
    const value = known === undefined ? null : statisticOf(statistic, within(known, window));
    const of = device.index === null ? device.uuid : `GPU ${device.index}`;
    return { gpu: device.parent ?? device.uuid, of, value };
  });
  const telling = new Set(found.flatMap(({ gpu, value }) => (value === null ? [] : [gpu])));
  return found.filter(({ gpu, value }) => value !== null || !telling.has(gpu));
}

const HOST_VALUES: Readonly<Partial<Record<ObservedQuantity, (second: HostSecond) => number | null>>> = {
  'host.cpu': ({ cpu }) => cpu,
  'host.core': busiestCore,
  'host.steal': ({ steal }) => steal,
  'host.pressure': ({ pressureCpu }) => pressureCpu,
  'host.memory': ({ runnerRssBytes }) => runnerRssBytes,
};

function hostValues(
  node: NodeObservation,
  quantity: ObservedQuantity,
  statistic: Statistic,
  window: Window,
): readonly Value[] {
  const of = HOST_VALUES[quantity];
  const told = of === undefined ? [] : hostWithin(node, window).map(of);
  const value = statisticOf(
    statistic,
    told.filter((found) => found !== null),
  );
  return [{ of: `the node of agent ${node.agent}`, value }];
}

function statisticOf(statistic: Statistic, numbers: readonly number[]): number | null {
  switch (statistic) {
    case 'mean':
      return meanOf(numbers);
    case 'min':
      return smallestOf(numbers);
    case 'max':
      return largestOf(numbers);
    default:
      return quantileOf(numbers, statistic.quantile);
  }
}
