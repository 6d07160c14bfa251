import type { Benchmarks } from '../../verdict/result.ts';
import { type Facts, listAt, numberAt, textAt } from './facts.ts';
import type { Markup } from './markup.ts';
import { figure, prose, table, text } from './table.ts';

/** The GPUs of each node and how they are set, alike ones in one row; nothing where no node has any. */
export const gpuTable = (nodes: Benchmarks['nodes']): Markup =>
  table({
    id: 'gpus',
    caption: 'GPUs of the nodes',
    columns: [
      text('node'),
      figure('GPUs'),
      prose('model'),
      text('driver'),
      text('CUDA'),
      text('MIG'),
      text('ECC'),
      text('persistence'),
      figure('power limit'),
      figure('highest clock'),
    ],
    rows: nodes.flatMap(({ id, fingerprint }) =>
      alike(listAt(fingerprint, 'gpu', 'devices')).map(([gpu, count]) => [
        id,
        String(count),
        modelText(gpu),
        textAt(fingerprint, 'gpu', 'driver') ?? '-',
        textAt(fingerprint, 'gpu', 'cuda') ?? '-',
        migText(gpu),
        textAt(gpu, 'eccMode') ?? '-',
        textAt(gpu, 'persistence') ?? '-',
        withUnit(numberAt(gpu, 'powerLimitWatts'), 'W'),
        withUnit(numberAt(gpu, 'highestClockMHz'), 'MHz'),
      ]),
    ),
  });

/** GPUs that are told the same of, with how many there are, in the order in which they first come. */
function alike(gpus: readonly Facts[]): readonly (readonly [gpu: Facts, count: number])[] {
  const groups = new Map<string, readonly [Facts, number]>();
  for (const gpu of gpus) {
    const key = JSON.stringify(gpu);
    groups.set(key, [gpu, (groups.get(key)?.[1] ?? 0) + 1]);
  }
  return [...groups.values()];
}

function modelText(gpu: Facts): string {
  const parts = [textAt(gpu, 'name'), textAt(gpu, 'architecture')].filter((part) => part !== null);
  return parts.length === 0 ? '-' : parts.join(', ');
}

/** `Enabled: 3g.20gb, 1g.5gb`. */
function migText(gpu: Facts): string {
  const { instances } = gpu;
  const names = Array.isArray(instances) ? instances.filter((name) => typeof name === 'string') : [];
  const mode = textAt(gpu, 'migMode') ?? '-';
  return names.length === 0 ? mode : `${mode}: ${names.join(', ')}`;
}

const withUnit = (value: number | null, unit: string): string =>
  value === null ? '-' : `${Number(value.toPrecision(4))} ${unit}`;
