import type { MetricName } from '../metric.ts';
import { METRICS } from '../metric.ts';
import { missing, type Reading } from '../reading.ts';
import { told, wholeGpu, wholeNumber } from '../recorded/device.ts';
import { measuredIn } from '../recorded/measured.ts';
import { bareFacts, type DeviceFacts } from '../recorded/recording.ts';
import type { DeviceId, DeviceSample } from '../sample.ts';
import { type Opened, type Source, type SourceContext, unavailable } from '../source.ts';
import { Outlook } from './outlook.ts';
import { toolOutput } from './tool-lines.ts';

const WITHIN_MS = 5_000;
/** amd-smi is a Python program: one answer costs a good part of a second. */
const LEAST_MS = 1_000;

/**
 * Where `amd-smi metric --json` keeps what (ROCm 6 and 7): the first path that is there counts, the unit is the cell's own.
 * Its MB of memory are MiB. `socket_power` is a mean over some milliseconds.
 */
const PATHS: Readonly<Partial<Record<MetricName, readonly string[]>>> = {
  'power.draw': ['power.socket_power', 'power.current_socket_power', 'power.average_socket_power'],
  energy: ['energy.total_energy_consumption'],
  'clock.sm': ['clock.gfx_0.clk', 'clock.gfx.clk'],
  'clock.memory': ['clock.mem_0.clk', 'clock.mem.clk'],
  'clock.smLimit': ['clock.gfx_0.max_clk', 'clock.gfx.max_clk'],
  'temperature.gpu': ['temperature.hotspot', 'temperature.edge'],
  'temperature.memory': ['temperature.mem'],
  'utilization.gpu': ['usage.gfx_activity'],
  'utilization.memory': ['usage.umc_activity'],
  'memory.used': ['mem_usage.used_vram'],
  'memory.total': ['mem_usage.total_vram'],
  'ecc.uncorrected': ['ecc.total_uncorrectable_count'],
  'ecc.corrected': ['ecc.total_correctable_count'],
};
const BARE_UNITS: Readonly<Record<string, string>> = { MB: 'MiB', '°C': 'C' };

/** Reads `amd-smi metric --json`; null: the text is none of it. */
export function readAmdSmi(
  text: string,
  atNs: number,
  ids: ReadonlyMap<number, DeviceId>,
): readonly DeviceSample[] | null {
  const gpus = gpusIn(text);
  return (
    gpus?.map((gpu): DeviceSample => {
      const index = wholeNumber(String(at(gpu, 'gpu') ?? ''));
      const device = (index === null ? undefined : ids.get(index)) ?? wholeGpu({ index });
      const readings = Object.entries(PATHS).flatMap(([metric, paths]) => {
        const reading = readingAt(gpu, metric as MetricName, paths);
        return reading === null ? [] : [[metric, reading]];
      });
      return { source: 'amd-smi', device, atNs, readings: Object.fromEntries(readings) };
    }) ?? null
  );
}

/** Who the GPUs are: `amd-smi list --json` by index. */
export function readAmdList(text: string): ReadonlyMap<number, DeviceFacts> {
  const found = new Map<number, DeviceFacts>();
  for (const gpu of gpusIn(text) ?? []) {
    const index = wholeNumber(String(at(gpu, 'gpu') ?? ''));
    if (index === null) continue;
    const uuid = told(String(at(gpu, 'uuid') ?? ''));
    const device: DeviceId = { ...wholeGpu({ index }), ...(uuid === null ? {} : { uuid: `GPU-${uuid}` }) };
    found.set(index, { ...bareFacts(device), busId: told(String(at(gpu, 'bdf') ?? '')) });
  }
  return found;
}

/** A list, or since ROCm 7 an object that holds one. */
function gpusIn(text: string): readonly unknown[] | null {
  try {
    const document: unknown = JSON.parse(text);
    const list = Array.isArray(document) ? document : at(document, 'gpu_data');
    return Array.isArray(list) ? list : null;
  } catch {
    return null;
  }
}

function at(value: unknown, path: string): unknown {
  let part = value;
  for (const name of path.split('.')) {
    part = typeof part === 'object' && part !== null ? Reflect.get(part, name) : undefined;
  }
  return part;
}

/** Null: this version does not tell it. */
function readingAt(gpu: unknown, metric: MetricName, paths: readonly string[]): Reading | null {
  const cell = paths.map((path) => at(gpu, path)).find((found) => found !== undefined);
  if (cell === undefined) return null;
  const unit = METRICS[metric].unit;
  if (typeof cell === 'object' && cell !== null) {
    const word = String(at(cell, 'unit') ?? '');
    return measuredIn(String(at(cell, 'value') ?? ''), unit, BARE_UNITS[word] ?? word);
  }
  // Without a unit only counts mean something.
  return unit === 'count' || cell === 'N/A' ? measuredIn(String(cell), unit, unit) : missing('parse_error');
}

/** Opens amd-smi, asked anew every `everyMs`, at least every second. */
export async function openAmdSmi(context: SourceContext, everyMs: number): Promise<Opened> {
  const list = await toolOutput({ command: 'amd-smi', args: ['list', '--json'], env: context.env }, WITHIN_MS);
  const devices = list === null ? new Map<number, DeviceFacts>() : readAmdList(list);
  if (devices.size === 0) return unavailable('amd-smi', 'amd-smi is not there or lists no GPU');
  return { kind: 'open', source: new AmdSmi(context, devices, Math.max(LEAST_MS, everyMs)) };
}

/** AMD's command line tool. */
class AmdSmi implements Source {
  readonly name = 'amd-smi';
  readonly #context: SourceContext;
  readonly #ids: ReadonlyMap<number, DeviceId>;
  readonly #outlook = new Outlook();
  readonly #timer: NodeJS.Timeout;
  #fault: string | null = null;
  #asking: 'yes' | 'no' = 'no';

  constructor(context: SourceContext, devices: ReadonlyMap<number, DeviceFacts>, everyMs: number) {
    this.#context = context;
    this.#ids = new Map([...devices].map(([index, { device }]) => [index, device]));
    this.#outlook.hear([], [...devices.values()]);
    this.#timer = setInterval(() => void this.#ask(), everyMs);
    void this.#ask();
  }

  inventory() {
    return this.#outlook.inventory(null);
  }

  take(): readonly DeviceSample[] {
    return this.#outlook.take();
  }

  processes(): null {
    return null;
  }

  fault(): string | null {
    return this.#fault;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async #ask(): Promise<void> {
    if (this.#asking === 'yes') return;
    this.#asking = 'yes';
    const { env, nowNs } = this.#context;
    const text = await toolOutput({ command: 'amd-smi', args: ['metric', '--json'], env }, WITHIN_MS);
    const samples = text === null ? null : readAmdSmi(text, nowNs(), this.#ids);
    this.#fault = samples === null ? 'amd-smi metric --json gave no answer that can be read' : null;
    this.#outlook.hear(samples ?? [], []);
    this.#asking = 'no';
  }
}
