import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { InventoryReport } from '../../agent/sampler/sampler.ts';
import { NodeSampler } from '../../agent/sampler-process.ts';
import { METRICS, type MetricName } from '../../gpu/metric.ts';
import { missing } from '../../gpu/reading.ts';
import type { DeviceSample } from '../../gpu/sample.ts';
import type { ChosenSource } from '../../gpu/source-names.ts';
import { nodeMonotonic } from '../../time/monotonic.ts';
import { EXIT_CODES } from '../../verdict/exit-code.ts';
import type { Block } from '../../wire/telemetry-codec.ts';
import { Failure } from '../failure.ts';
import { liveText } from './live-text.ts';
import type { Sight } from './sight.ts';

export interface LiveOptions {
  readonly json: boolean;
  readonly watch: boolean;
  readonly sources: readonly ChosenSource[];
  readonly dcgm: readonly string[];
}

/** Blocks that a first look waits for: activity is told between two looks. */
const FIRST_LOOK = 2;
const FAST_MS = 200;

/** `loadcell gpu`: what the sampler sees on this machine now, once or every second until it is interrupted. */
export async function showLive(options: LiveOptions): Promise<void> {
  const looks = new Looks();
  const entry = new URL(`../../agent/sampler/main${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url);
  const source = { spawn, entry: fileURLToPath(entry), env: process.env, nowNs: () => Number(nodeMonotonic()) };
  const orders = { sources: options.sources, fastMs: FAST_MS, dcgm: options.dcgm, pages: [], processes: [] };
  const ended = Promise.withResolvers<void>();
  const sampler = new NodeSampler(source, orders, {
    onBlock: (block) => {
      const sight = looks.add(block);
      if (sight === null) return;
      show(sight, options);
      if (!options.watch || sight.inventory.devices.length === 0) ended.resolve();
    },
    onGap: (_from, _to, { message }) => ended.reject(new Failure(EXIT_CODES['own-fault'].code, `gpu: ${message}`)),
  });
  process.once('SIGINT', () => ended.resolve());
  process.once('SIGTERM', () => ended.resolve());
  await ended.promise.finally(() => sampler.close());
}

/** Keeps the latest reading of everything. */
class Looks {
  #blocks = 0;
  #inventory: InventoryReport | null = null;
  readonly #devices = new Map<string, DeviceSample>();

  /** Null: there is more to wait for. */
  add(block: Block): Sight | null {
    if (block.inventoryJson !== '') this.#inventory = JSON.parse(block.inventoryJson) as InventoryReport;
    for (const sample of block.samples) {
      const known = this.#devices.get(sample.device.uuid);
      this.#devices.set(sample.device.uuid, { ...sample, readings: { ...known?.readings, ...sample.readings } });
    }
    const inventory = this.#inventory;
    if (inventory === null) return null;
    if (++this.#blocks < FIRST_LOOK && inventory.devices.length > 0) return null;
    const samplerCpu = block.cost === null || block.cost.wallS === 0 ? null : block.cost.cpuS / block.cost.wallS;
    return {
      inventory,
      devices: withUntold(inventory, this.#devices),
      processes: block.processes?.rows ?? [],
      samplerCpu,
    };
  }
}

/** What no source tells is missing as well, of every device. */
function withUntold(
  { devices, sources, untold }: InventoryReport,
  known: ReadonlyMap<string, DeviceSample>,
): Sight['devices'] {
  const source = sources[0]?.name ?? 'none';
  const samples = devices.map(({ device }): DeviceSample => {
    const sample = known.get(device.uuid) ?? { source, device, atNs: null, readings: {} };
    const lacking = (untold[device.uuid] ?? []).map((metric) => [metric, missing('not_supported')] as const);
    return { ...sample, readings: { ...Object.fromEntries(lacking), ...sample.readings } };
  });
  const listed = new Map(samples.map((sample) => [sample.device.uuid, sample]));
  return new Map([...known, ...listed]);
}

function show(sight: Sight, { json, watch }: LiveOptions): void {
  if (json) process.stdout.write(`${JSON.stringify(sightJson(sight), null, watch ? undefined : 2)}\n`);
  else process.stdout.write(`${watch && process.stdout.isTTY ? '\u001b[2J\u001b[H' : ''}${liveText(sight)}`);
}

function sightJson({ inventory, devices, processes, samplerCpu }: Sight): unknown {
  const samples = [...devices.values()];
  const read = new Set(samples.flatMap(({ readings }) => Object.keys(readings)));
  const units = [...read].map((name) => [name, METRICS[name as MetricName].unit]);
  return { ...inventory, units: Object.fromEntries(units), samples, processes, samplerCpu };
}
