import { type AppsHeader, appRow, appsHeader } from '../recorded/apps-csv.ts';
import type { GpuProcess } from '../sample.ts';
import type { SourceContext } from '../source.ts';
import { type ToolLines, toolLines } from './tool-lines.ts';

const ARGS = ['--query-compute-apps=gpu_uuid,pid,process_name,used_gpu_memory', '--format=csv', '-lms', '1000'];
/** Rows of one round come together, rounds a second apart. */
const ROUND_NS = 0.5e9;
/** Two rounds of the loop and what a busy machine keeps back: when nobody is told of for longer, nobody computes. */
const STANDS_NS = 2.5e9;

/** Who computes, as a loop tells it round by round; a round in which nobody does has no row. Pure: it is told what came when. */
export class ToldApps {
  #header: AppsHeader | null = null;
  #round: readonly GpuProcess[] = [];
  #atNs = Number.NEGATIVE_INFINITY;

  hear(line: string, atNs: number): void {
    const header = appsHeader(line);
    if (header !== null) {
      this.#header = header;
      return;
    }
    const row = this.#header === null ? null : appRow(this.#header, line);
    if (row === null) return;
    this.#round = atNs - this.#atNs > ROUND_NS ? [row.process] : [...this.#round, row.process];
    this.#atNs = atNs;
  }

  /** The same list until something new was told. Null: nothing was said yet. */
  at(nowNs: number): readonly GpuProcess[] | null {
    if (nowNs - this.#atNs > STANDS_NS && this.#round.length > 0) this.#round = [];
    return this.#header === null ? null : this.#round;
  }
}

/** `nvidia-smi --query-compute-apps`, started once and telling every second which processes compute on whole GPUs. */
export class SmiApps {
  readonly #nowNs: SourceContext['nowNs'];
  readonly #tool: ToolLines;
  readonly #told = new ToldApps();

  constructor({ env, nowNs }: SourceContext) {
    this.#nowNs = nowNs;
    this.#tool = toolLines({ command: 'nvidia-smi', args: ARGS, env }, (line) => this.#told.hear(line, nowNs()));
  }

  /** Null: it does not tell, or no more. */
  processes(): readonly GpuProcess[] | null {
    return this.#tool.ended() === null ? this.#told.at(this.#nowNs()) : null;
  }

  close(): void {
    this.#tool.stop();
  }
}
