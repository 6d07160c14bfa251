import { EVENT_BITS, type MetricName } from '../../gpu/metric.ts';
import type { DeviceObservation, NodeObservation, Window } from '../../gpu/observation.ts';
import { growthOf, within } from '../../gpu/within.ts';
import { isFatalXid } from '../../gpu/xid.ts';
import { windowOf } from '../observed/window.ts';
import { counted, digits, inPercent } from '../wording.ts';
import { atAgent, type Examined, type Flaw, flaw, type Rule } from './rule.ts';

/** What makes the measurement of a trial's GPUs not to be trusted. */

/** A device of a trial, and the stretch that is judged. */
export interface Looked {
  readonly trial: Examined;
  readonly node: NodeObservation;
  readonly device: DeviceObservation;
  readonly window: Window;
  /** Where it stands, for sentences. */
  readonly where: string;
}

/** A rule over every device, MIG instances included, of the nodes that were looked at. */
export const ofEachDevice =
  (rule: (looked: Looked) => readonly Flaw[]): Rule =>
  (trial) => {
    const window = windowOf(trial.view.phases);
    if (window === null) return [];
    return (trial.evidence.observed ?? []).flatMap((node) =>
      node.devices.flatMap((device) => {
        const where = `${atAgent(trial, node.agent)}, GPU ${device.device.index ?? device.device.uuid}`;
        return rule({ trial, node, device, window, where });
      }),
    );
  };

const growth = ({ device, window }: Looked, metric: MetricName): number | null => {
  const series = device.series[metric];
  return series === undefined ? null : growthOf(series, window);
};

/** Share of the readings in which the reasons of its clocks held a bit; 0: none did, or none were read. */
export function heldByBit({ device, window }: Looked, bit: number): number {
  const masks = within(device.series.events ?? { atNs: [], values: [] }, window);
  return masks.filter((mask) => Math.floor(mask / bit) % 2 === 1).length / Math.max(1, masks.length);
}

/** It stopped answering, or answered that it is lost. */
export const gpuLost: Rule = ofEachDevice(({ device, window, where }) => {
  const lost = Object.values(device.lacks)
    .flatMap((lacks) => lacks ?? [])
    .filter(({ atNs, reason }) => atNs <= window.toNs && (reason === 'gpu_lost' || reason === 'needs_reset'));
  const first = lost.reduce((a, { atNs }) => Math.min(a, atNs), Number.POSITIVE_INFINITY);
  if (lost.length === 0) return [];
  const at = `${digits(Math.max(0, first) / 1e9)} s after the start`;
  const message = `The GPU was lost ${first <= 0 ? 'before the start' : at}.`;
  return [
    flaw('invalid', 'gpu-lost', where, message, 'Look at `dmesg` for the XID; a lost GPU needs a reset or a reboot.'),
  ];
});

/** XID errors stay in what is told: only a change within the window counts. */
export const gpuXid: Rule = ofEachDevice(({ device, window, where }) => {
  const xids = device.series.xid;
  if (xids === undefined) return [];
  const { atNs, values } = xids;
  const isWithin = (at: number | undefined): boolean => at !== undefined && at > window.fromNs && at <= window.toNs;
  // Without a reading from before, the first one says what stood already.
  const changed = values.filter((xid, place) => place > 0 && isWithin(atNs[place]) && xid !== values[place - 1]);
  const seen = [...new Set(changed)].filter(isFatalXid);
  return seen.map((xid) =>
    flaw('invalid', 'gpu-xid', where, `The driver reported XID ${xid} during the trial.`, XID_HINT),
  );
});
const XID_HINT = 'NVIDIA’s XID catalogue says what it means; what was computed since is not to be trusted.';

/** Uncorrected memory errors. */
export const gpuEcc: Rule = ofEachDevice((looked) => {
  const errors = growth(looked, 'ecc.uncorrected') ?? 0;
  if (errors <= 0) return [];
  const message = `${counted(errors, 'uncorrected memory error')} occurred during the trial.`;
  return [
    flaw('invalid', 'gpu-ecc', looked.where, message, 'Reset the GPU, and have it looked at when they come back.'),
  ];
});

/** Held down by hardware, for its temperature or by the power brake. */
export const gpuThrottled: Rule = ofEachDevice((looked) => {
  const { where } = looked;
  return (
    [
      ['throttled.thermalHardware', EVENT_BITS.thermalHardware, 'for its temperature'],
      ['throttled.powerBrake', EVENT_BITS.powerBrake, 'by the power brake'],
    ] as const
  ).flatMap(([metric, bit, why]) => {
    const seconds = growth(looked, metric) ?? 0;
    const share = heldByBit(looked, bit);
    if (seconds <= 0 && share === 0) return [];
    const message = `Hardware held its clocks down ${why} ${seconds > 0 ? `for ${digits(seconds)} s` : `in ${inPercent(share)} of the readings`}.`;
    return [
      flaw('invalid', 'gpu-throttled', where, message, 'Look at its cooling and its power supply, then run again.'),
    ];
  });
});

/** Energy that went backwards: the driver was loaded anew, or the GPU was reset. */
export const gpuCounter: Rule = ofEachDevice((looked) => {
  const joules = growth(looked, 'energy') ?? 0;
  if (joules >= 0) return [];
  const message = 'Its energy counter went backwards during the trial: the driver was loaded anew, or the GPU reset.';
  return [flaw('invalid', 'gpu-counter-backwards', looked.where, message, 'Find what reset it, and run again.')];
});

/** Not as many GPUs as planned, or as at first. */
export const gpuCount: Rule = (trial) => {
  const planned = trial.evidence.plannedGpus ?? null;
  return (trial.evidence.observed ?? []).flatMap((node) => {
    // Where there is no inventory nothing on the node speaks of a GPU.
    const found = node.inventory?.devices.filter(({ device }) => device.parent === null).length ?? 0;
    const counts = planned === null ? [found] : countsPerNode(node, found);
    const expected = planned ?? node.gpusAtFirst ?? found;
    const other = counts.find((count) => count !== expected);
    if (other === undefined) return [];
    const which = counts.length === 1 ? 'The node has' : 'One of the nodes that it looks at has';
    const has = node.inventory === null ? 'Nothing on the node tells of a GPU' : `${which} ${counted(other, 'GPU')}`;
    const message = `${has}, ${planned === null ? 'and had' : 'the campaign says'} ${expected}.`;
    const hint = 'Look for one that fell off the bus, or correct `telemetry.gpu.count`.';
    return [flaw('invalid', 'gpu-count', atAgent(trial, node.agent), message, hint)];
  });
};

/** Of the node, and of each other one whose exporter it reads. */
function countsPerNode({ inventory }: NodeObservation, found: number): readonly number[] {
  const perNode = inventory?.perNode ?? [];
  return perNode.length === 0 ? [found] : perNode;
}

/** From this share of a GPU's memory on, a stranger's process matters wherever it came from. */
const FOREIGN_MEMORY = 0.01;

/** Whether the run computes on another MIG instance of the same GPU and on this one it does not. */
export function isNeighbour({ node, device, window }: Pick<Looked, 'node' | 'device' | 'window'>): boolean {
  const { parent, uuid } = device.device;
  if (parent === null) return false;
  const onSame = node.devices.filter((other) => other.device.parent === parent).map((other) => other.device.uuid);
  const ours = node.processes
    .filter(({ standing, firstNs, lastNs }) => standing === 'own' && firstNs <= window.toNs && lastNs >= window.fromNs)
    .map(({ device: on }) => on);
  return !ours.includes(uuid) && ours.some((on) => onSame.includes(on));
}

/**
 * A process computes that is none of the run's and none that the campaign declares. One on a neighbouring MIG instance has
 * memory and multiprocessors of its own: `gpuNeighbour` speaks of it.
 */
export const gpuForeign: Rule = ofEachDevice((looked) => {
  if (isNeighbour(looked)) return [];
  const { node, device, window, where } = looked;
  const total = device.series['memory.total']?.values.at(-1) ?? null;
  return node.processes
    .filter(({ device: on, standing }) => on === device.device.uuid && standing === 'foreign')
    .filter(({ firstNs, lastNs }) => firstNs <= window.toNs && lastNs >= window.fromNs)
    .filter(({ firstNs, usedBytes }) => {
      const share = usedBytes === null || total === null ? 1 : usedBytes / total;
      // Processes are looked at once a second: one that was there at the first look after the start came before.
      return share > FOREIGN_MEMORY || firstNs > window.fromNs + 2e9;
    })
    .map(({ pid, name, usedBytes }) => {
      const held = usedBytes === null ? '' : `, with ${digits(usedBytes / 2 ** 20)} MiB`;
      const message = `Another process computed on it: ${name === '' ? 'one' : name} (process ${pid}${held}).`;
      const hint = 'End it, or name it under `telemetry.gpu.processes` if it belongs to the target.';
      return flaw('invalid', 'gpu-foreign', where, message, hint);
    });
});
