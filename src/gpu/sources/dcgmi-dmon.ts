import { readDcgmiDmon } from '../recorded/dcgmi-dmon.ts';
import type { DeviceSample } from '../sample.ts';
import { type Opened, type Source, type SourceContext, unavailable } from '../source.ts';
import { Outlook } from './outlook.ts';
import { type ToolLines, toolLines } from './tool-lines.ts';

/** Activity by DCGM's field numbers: graphics, SM, occupancy, tensor, DRAM, FP64, FP32, FP16, PCIe and NVLink bytes. */
const FIELDS = '1001,1002,1003,1004,1005,1006,1007,1008,1009,1010,1011,1012';
/** 100 ms of profiling has cost 2 % of latency elsewhere. */
const LEAST_MS = 100;
const FIRST_ROW_MS = 10_000;

/** Opens `dcgmi dmon`, a row per GPU every `everyMs`; waits for its first row. */
export async function openDcgmi(context: SourceContext, everyMs: number): Promise<Opened> {
  const source = new DcgmiDmon(context, Math.max(LEAST_MS, everyMs));
  if (await source.speaks(FIRST_ROW_MS)) return { kind: 'open', source };
  source.close();
  return unavailable('dcgmi', source.fault() ?? 'dcgmi dmon printed no row within 10 s');
}

/** DCGM's command line tool. It tells GPUs by their index, which is NVML's. */
class DcgmiDmon implements Source {
  readonly name = 'dcgmi';
  readonly #outlook = new Outlook();
  readonly #heard = Promise.withResolvers<boolean>();
  readonly #tool: ToolLines;
  #header = '';

  constructor({ nowNs, env }: SourceContext, everyMs: number) {
    const args = ['dmon', '-e', FIELDS, '-d', String(everyMs)];
    this.#tool = toolLines({ command: 'dcgmi', args, env }, (line) => this.#hear(line, nowNs()));
  }

  speaks(withinMs: number): Promise<boolean> {
    const timer = setTimeout(() => this.#heard.resolve(false), withinMs);
    const ended = setInterval(() => {
      if (this.#tool.ended() !== null) this.#heard.resolve(false);
    }, 50);
    return this.#heard.promise.finally(() => {
      clearTimeout(timer);
      clearInterval(ended);
    });
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
    const ended = this.#tool.ended();
    return ended === null ? null : `dcgmi ${ended}`;
  }

  close(): void {
    this.#tool.stop();
  }

  #hear(line: string, atNs: number): void {
    if (/^\s*#\s*Entity\s/.test(line)) this.#header = line;
    const { samples, devices } = readDcgmiDmon(`${this.#header}\n${line}`);
    if (samples.length === 0) return;
    this.#outlook.hear(
      samples.map((sample) => ({ ...sample, atNs })),
      devices,
    );
    this.#heard.resolve(true);
  }
}
