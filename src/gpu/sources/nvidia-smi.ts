import type { DeviceSample, GpuProcess } from '../sample.ts';
import { type Inventory, type Opened, type Source, type SourceContext, unavailable } from '../source.ts';
import { lostSamples } from './lost-gpu.ts';
import { Outlook } from './outlook.ts';
import { SmiApps } from './smi-apps.ts';
import { type SmiLook, smiLook } from './smi-look.ts';
import { QUERY, SmiLoop } from './smi-loop.ts';
import { type ToolLines, toolLines } from './tool-lines.ts';

const COMMAND = 'nvidia-smi';
const ARGS = [`--query-gpu=${QUERY.join(',')}`, '--format=csv,nounits'];
/** Where the loop is not to be trusted the tool is started anew for each row, no more often than this. */
const ONE_SHOT_MS = 1000;
const FIRST_ROW_MS = 10_000;

/** Opens the loop of nvidia-smi, one row per GPU every `everyMs`; waits for its first row. */
export async function openNvidiaSmi(context: SourceContext, everyMs: number): Promise<Opened> {
  const source = new NvidiaSmi(context, everyMs);
  if (await source.speaks(FIRST_ROW_MS)) {
    await source.look();
    source.watchProcesses();
    return { kind: 'open', source };
  }
  source.close();
  return unavailable('nvidia-smi', source.fault() ?? 'nvidia-smi printed no row within 10 s');
}

/** NVIDIA's command line tool, started once and printing for as long as it is wanted. */
class NvidiaSmi implements Source {
  readonly name = 'nvidia-smi';
  readonly #context: SourceContext;
  readonly #outlook = new Outlook();
  readonly #heard = Promise.withResolvers<boolean>();
  #loop = new SmiLoop();
  #tool: ToolLines | null = null;
  /** Null: a GPU is cut, and the loop of processes does not tell on which of its instances they run. */
  #apps: SmiApps | null = null;
  #oneShot: NodeJS.Timeout | null = null;
  #driver: string | null = null;
  #trouble: string | null = null;
  /** As `nvidia-smi -q -x` told it last; null: it did not. */
  #seen: SmiLook | null = null;
  /** Under way; null: none is. */
  #look: Promise<SmiLook | null> | null = null;

  constructor(context: SourceContext, everyMs: number) {
    this.#context = context;
    this.#start([...ARGS, '-lms', String(everyMs)]);
  }

  speaks(withinMs: number): Promise<boolean> {
    const timer = setTimeout(() => this.#heard.resolve(false), withinMs);
    const ended = setInterval(() => {
      if (this.#tool?.ended() !== null) this.#heard.resolve(false);
    }, 50);
    return this.#heard.promise.finally(() => {
      clearTimeout(timer);
      clearInterval(ended);
    });
  }

  /** What the loop does not tell: CUDA, MIG layout, how GPUs are set, which processes compute. */
  async look(): Promise<void> {
    this.#look ??= smiLook(this.#context);
    this.#seen = (await this.#look) ?? this.#seen;
    this.#look = null;
  }

  /** To be called once the GPUs are known. */
  watchProcesses(): void {
    const { devices } = this.#inventory;
    const isCut = devices.some(({ device, migMode }) => device.parent !== null || migMode === 'Enabled');
    if (!isCut) this.#apps = new SmiApps(this.#context);
  }

  /** The last look, and the next one is begun: asking twice tells what changed meanwhile. */
  inventory(): Inventory {
    void this.look();
    return this.#inventory;
  }

  get #inventory(): Inventory {
    return this.#seen?.inventory ?? this.#outlook.inventory(this.#driver);
  }

  take(): readonly DeviceSample[] {
    return this.#outlook.take();
  }

  /**
   * Where the loop of processes does not tell: of the last look, which costs too much to be taken while a trial lasts, so that
   * who comes in the middle is not seen.
   */
  processes(): readonly GpuProcess[] | null {
    return this.#apps?.processes() ?? this.#seen?.processes ?? null;
  }

  fault(): string | null {
    const ended = this.#oneShot === null ? (this.#tool?.ended() ?? null) : null;
    if (ended === null) return null;
    return `nvidia-smi ${ended}${this.#trouble === null ? '' : ` (${this.#trouble})`}`;
  }

  close(): void {
    if (this.#oneShot !== null) clearInterval(this.#oneShot);
    this.#apps?.close();
    this.#tool?.stop();
  }

  #start(args: readonly string[]): void {
    this.#tool = toolLines({ command: COMMAND, args, env: this.#context.env }, (line) => this.#hear(line));
  }

  #hear(line: string): void {
    const word = this.#loop.line(line, this.#context.nowNs());
    switch (word.kind) {
      case 'row':
        this.#driver ??= word.row.driver;
        this.#outlook.hear([word.sample], [word.row.facts]);
        this.#heard.resolve(true);
        return;
      case 'spoilt':
        this.#startAnewForEachRow();
        return;
      case 'error':
        this.#trouble = word.sentence;
        this.#outlook.hear(lostSamples(word, this.#outlook.inventory(null).devices, this.#context.nowNs()), []);
        return;
      case 'nothing':
        return;
    }
  }

  #startAnewForEachRow(): void {
    if (this.#oneShot !== null) return;
    this.#tool?.stop();
    this.#oneShot = setInterval(() => {
      if (this.#tool?.ended() === null) return;
      this.#loop = new SmiLoop();
      this.#start(ARGS);
    }, ONE_SHOT_MS);
  }
}
