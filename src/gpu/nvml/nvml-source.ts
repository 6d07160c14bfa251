import type { MetricName } from '../metric.ts';
import { numberReading, type Reading } from '../reading.ts';
import { wholeGpu } from '../recorded/device.ts';
import { bareFacts, type DeviceFacts } from '../recorded/recording.ts';
import type { DeviceSample, GpuProcess } from '../sample.ts';
import { type Inventory, type Opened, type Source, type SourceContext, unavailable } from '../source.ts';
import { cudaVersion, driverVersion, gpuFacts, migInstances } from './device-facts.ts';
import { deviceReadings } from './device-readings.ts';
import { GPM_METRICS, Gpm } from './gpm.ts';
import { type Handle, NvmlLibrary } from './library.ts';
import { NVML, nvmlMissing, nvmlWords } from './return-code.ts';
import { runningProcesses } from './running-processes.ts';
import { XidWatch } from './xid-watch.ts';

interface Device {
  readonly kind: 'gpu' | 'mig';
  readonly handle: Handle;
  /** Why the driver hands it out no more; null: it does. */
  readonly unreachable: Reading | null;
  readonly facts: DeviceFacts;
  /** Null: the GPU has no such counters (before Hopper). */
  readonly gpm: Gpm | null;
}

type NvmlContext = Omit<SourceContext, 'wallMs'>;

/** Opens NVML; every GPU and MIG instance that it lists, in its order. `path`: of the library, where it is not the system's. */
export function openNvml(context: NvmlContext, path?: string): Opened {
  let nvml: NvmlLibrary;
  try {
    nvml = new NvmlLibrary(path);
  } catch (error) {
    return unavailable('nvml', `libnvidia-ml.so.1 cannot be loaded: ${firstLine(error)}`);
  }
  const code = nvml.call('init');
  if (code !== NVML.success) return unavailable('nvml', `NVML cannot start: ${nvmlWords(code)}`);
  const devices = listed(nvml);
  if (devices.length > 0) return { kind: 'open', source: new NvmlSource(nvml, devices, context) };
  nvml.call('shutdown');
  return unavailable('nvml', 'NVML lists no GPU');
}

/** koffi's words, without its own about what it was at. */
const firstLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error))
    .replace(/^Failed to load shared library: /, '')
    .split('\n')[0] ?? '';

function listed(nvml: NvmlLibrary): readonly Device[] {
  const count = nvml.u32('count', 1);
  const devices: Device[] = [];
  for (let index = 0; index < (count.kind === 'number' ? count.value : 0); index++) {
    const memory = Buffer.alloc(8);
    const code = nvml.call('byIndex', index, memory);
    devices.push(...(code === NVML.success ? reachable(nvml, memory.readBigUInt64LE(0), index) : [gone(index, code)]));
  }
  return devices;
}

function reachable(nvml: NvmlLibrary, handle: Handle, index: number): readonly Device[] {
  const facts = gpuFacts(nvml, handle, index);
  const migs = migInstances(nvml, handle, facts.device.uuid).map(
    (mig): Device => ({
      kind: 'mig',
      handle: mig.handle,
      unreachable: null,
      facts: mig.facts,
      gpm: Gpm.of(nvml, handle, mig.instance),
    }),
  );
  return [{ kind: 'gpu', handle, unreachable: null, facts, gpm: Gpm.of(nvml, handle, null) }, ...migs];
}

/** A GPU that the driver counts and does not hand out: it is missing, not absent. */
const gone = (index: number, code: number): Device => ({
  kind: 'gpu',
  handle: 0n,
  unreachable: nvmlMissing(code),
  facts: bareFacts(wholeGpu({ index })),
  gpm: null,
});

/** NVIDIA's own library, read in this process. */
class NvmlSource implements Source {
  readonly name = 'nvml';
  readonly #nvml: NvmlLibrary;
  readonly #devices: readonly Device[];
  readonly #context: NvmlContext;
  readonly #xids: XidWatch | null;

  constructor(nvml: NvmlLibrary, devices: readonly Device[], context: NvmlContext) {
    this.#nvml = nvml;
    this.#devices = devices;
    this.#context = context;
    const gpus = devices.filter(({ kind, unreachable }) => kind === 'gpu' && unreachable === null);
    this.#xids = XidWatch.of(
      nvml,
      gpus.map(({ handle }) => handle),
    );
  }

  inventory(): Inventory {
    const devices = this.#devices.map(({ kind, handle, facts, unreachable }) =>
      kind === 'gpu' && unreachable === null
        ? { ...gpuFacts(this.#nvml, handle, facts.device.index ?? 0), device: facts.device }
        : facts,
    );
    return { driver: driverVersion(this.#nvml), cuda: cudaVersion(this.#nvml), devices };
  }

  take(wanted: ReadonlySet<MetricName>): readonly DeviceSample[] {
    if (wanted.has('xid')) this.#xids?.listen();
    return this.#devices.flatMap((device) => {
      const atNs = this.#context.nowNs();
      const readings = this.#readings(device, wanted, atNs);
      return Object.keys(readings).length === 0
        ? []
        : [{ source: this.name, device: device.facts.device, atNs, readings } as const];
    });
  }

  #readings(device: Device, wanted: ReadonlySet<MetricName>, atNs: number): DeviceSample['readings'] {
    const { kind, handle, unreachable, gpm } = device;
    if (unreachable !== null) return Object.fromEntries([...wanted].map((metric) => [metric, unreachable]));
    const readings: Partial<Record<MetricName, Reading>> = deviceReadings(this.#nvml, handle, kind, wanted);
    const xid = kind === 'gpu' && wanted.has('xid') ? (this.#xids?.last(handle) ?? null) : null;
    if (xid !== null) readings.xid = numberReading(xid);
    const activity = gpm !== null && GPM_METRICS.some((metric) => wanted.has(metric)) ? gpm.read(atNs) : null;
    for (const [metric, reading] of activity ?? []) if (wanted.has(metric)) readings[metric] = reading;
    return readings;
  }

  processes(): readonly GpuProcess[] | null {
    const lists = this.#devices.map(({ handle, facts, unreachable }) => ({
      of: facts.device,
      rows: unreachable !== null ? null : runningProcesses(this.#nvml, handle, facts.device.uuid),
    }));
    if (lists.every(({ rows }) => rows === null)) return null;
    // A GPU tells of the processes of its instances too: each stands where its instance tells of it.
    const told = new Set(lists.flatMap(({ of, rows }) => (rows === null ? [] : [of.parent])));
    return lists.flatMap(({ of, rows }) =>
      (rows ?? []).flatMap(({ instance, ...process }) =>
        of.parent === null && instance !== null && told.has(of.uuid) ? [] : [process],
      ),
    );
  }

  fault(): null {
    return null;
  }

  close(): void {
    for (const { gpm } of this.#devices) gpm?.close();
    this.#nvml.call('shutdown');
  }
}
