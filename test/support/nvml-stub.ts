import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Room for the words that the stub's state may hold, zeros after them: it is mapped, so that its length never changes. */
const ROOM = 256;

/** A `libnvidia-ml.so.1` without hardware, and what decides how its GPUs behave. */
export class NvmlStub {
  readonly #folder: string;
  readonly #state: string;
  /** The library itself. */
  readonly path: string;
  /** What a process needs to find it as the system's, and to know how it behaves. */
  readonly env: Readonly<Record<string, string>>;

  constructor(kind: 'a100' | 'a100-mig' | 'h100' = 'a100', gpus = 2, names: 'new' | 'old' = 'new') {
    this.#folder = mkdtempSync(join(tmpdir(), 'loadcell-nvml-'));
    this.#state = join(this.#folder, 'state');
    mkdirSync(join(this.#folder, 'lib'));
    writeFileSync(this.#state, '\0'.repeat(ROOM));
    this.path = join(this.#folder, 'lib', 'libnvidia-ml.so.1');
    compile(this.path, names);
    this.env = {
      LD_LIBRARY_PATH: join(this.#folder, 'lib'),
      NVML_STUB_STATE: this.#state,
      NVML_STUB_KIND: kind,
      NVML_STUB_GPUS: String(gpus),
    };
  }

  /** Words as `nvml-stub.c` explains them; they hold at once, also for a process that has the library loaded. */
  behave(words: string): void {
    if (words.length >= ROOM) throw new Error(`found ${words.length} characters, expected fewer than ${ROOM}`);
    writeFileSync(this.#state, words.padEnd(ROOM, '\0'), { flag: 'r+' });
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function compile(path: string, names: 'new' | 'old'): void {
  const source = fileURLToPath(new URL('nvml-stub/nvml-stub.c', import.meta.url));
  const flags = ['-shared', '-fPIC', '-O1', '-w', ...(names === 'old' ? ['-DOLD_NAMES'] : [])];
  const { status, stderr } = spawnSync('cc', [...flags, '-o', path, source, '-lm'], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`cc: ${stderr}`);
}
