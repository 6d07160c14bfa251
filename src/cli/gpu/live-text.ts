import type { MetricName } from '../../gpu/metric.ts';
import type { MissingReason } from '../../gpu/reading.ts';
import { REASON_WORDS } from '../../gpu/recorded/measured.ts';
import type { DeviceSample } from '../../gpu/sample.ts';
import { columns, leftColumns } from '../../report/layout.ts';
import type { Sight } from './sight.ts';
import { valueText } from './value-text.ts';

/** What stands in the table; the rest is in the JSON. */
const SHOWN: readonly (readonly [title: string, ...metrics: MetricName[]])[] = [
  ['power', 'power.instant', 'power.draw'],
  ['limit', 'power.limit'],
  ['SM clock', 'clock.sm'],
  ['temp', 'temperature.gpu'],
  ['memory', 'memory.used'],
  ['kernels', 'utilization.gpu'],
  ['SM', 'activity.sm'],
  ['tensor', 'activity.tensor'],
  ['DRAM', 'activity.dram'],
  ['held down by', 'events'],
  ['XID', 'xid'],
];

/** What the sampler sees now, for a terminal. */
export function liveText({ inventory, devices, processes, samplerCpu }: Sight): string {
  const { driver, cuda, sources, refused } = inventory;
  const versions = [...(driver === null ? [] : [`driver ${driver}`]), ...(cuda === null ? [] : [`CUDA ${cuda}`])];
  const lines = [
    ...(versions.length === 0 ? [] : [versions.join(', ')]),
    `read by ${sources.map(({ name, fault }) => (fault === null ? name : `${name} (${fault})`)).join(', ')}`,
    ...refused.map((why) => `not read: ${why}`),
  ];
  if (inventory.devices.length === 0) return `${['no GPU that can be read', ...lines].join('\n')}\n`;
  const rows = inventory.devices.map(({ device }) => {
    const sample = devices.get(device.uuid);
    const place = device.parent === null ? `GPU ${device.index ?? '?'}` : `  MIG ${device.index ?? '?'}`;
    return [place, device.name ?? '', ...SHOWN.map(([, ...metrics]) => cellOf(sample, metrics))];
  });
  const table = columns([['', 'model', ...SHOWN.map(([title]) => title)], ...rows]);
  const samples = [...devices.values()];
  const working = processes.map(({ pid, name, device, usedBytes, standing }) => [
    `${pid}`,
    standing === 'own' ? 'of this program' : '',
    usedBytes === null ? 'memory not told' : valueText('memory.used', usedBytes),
    device,
    name,
  ]);
  return `${[
    ...lines,
    '',
    ...table,
    ...whyMissing('-', samples.filter(isWhole)),
    ...whyMissing(
      '- of MIG instances',
      samples.filter((sample) => !isWhole(sample)),
    ),
    ...(working.length === 0 ? [] : ['', 'computing now', ...leftColumns(working).map((line) => `  ${line}`)]),
    '',
    `kernels: share of time in which some kernel was present; SM: share of multiprocessors at work${
      samplerCpu === null ? '' : `; the sampler takes ${(samplerCpu * 100).toFixed(1)} % of a CPU`
    }`,
  ].join('\n')}\n`;
}

const isWhole = ({ device }: DeviceSample): boolean => device.parent === null;

function cellOf(sample: DeviceSample | undefined, metrics: readonly MetricName[]): string {
  for (const metric of metrics) {
    const reading = sample?.readings[metric];
    if (reading?.kind === 'number') return valueText(metric, reading.value);
  }
  return '-';
}

/** Why there is a dash, once for each reason. `of`: what stands before the metrics. */
function whyMissing(of: string, samples: readonly DeviceSample[]): readonly string[] {
  const byReason = new Map<MissingReason, Set<string>>();
  for (const { readings } of samples) {
    for (const [, ...metrics] of SHOWN) {
      const found = metrics.map((metric) => [metric, readings[metric]] as const);
      if (found.some(([, reading]) => reading?.kind === 'number')) continue;
      for (const [metric, reading] of found) {
        if (reading?.kind !== 'missing') continue;
        byReason.set(reading.reason, (byReason.get(reading.reason) ?? new Set()).add(metric));
      }
    }
  }
  return [...byReason].map(([reason, metrics]) => `${of}: ${[...metrics].join(', ')}: ${wordsOf(reason)}`);
}

/** Where several sources may tell, one that cannot is a reason too. */
const wordsOf = (reason: MissingReason): string =>
  `${REASON_WORDS[reason]}${reason === 'not_supported' ? ', or by what reads it' : ''}`;
