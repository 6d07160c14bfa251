import { numberOf } from '../../gpu/reading.ts';
import type { GpuProcess } from '../../gpu/sample.ts';
import type { ReadText } from '../../wire/read-text.ts';
import type { ObservedProcess } from '../../wire/telemetry-codec.ts';
import { isDeclared, isOfRun, nameOf } from './ancestry.ts';

interface Sighting {
  readonly row: ObservedProcess;
  /** Whether this node showed it when it was seen: one of another process namespace never shows. */
  readonly shown: boolean;
}

/**
 * Whose processes compute on the GPUs. A source that looks seldom hands out the same list until its next look: whose they
 * are is decided when they are seen, while their ancestors are there to be asked, and who has ended since is left out.
 */
export class Sightings {
  readonly #read: ReadText;
  readonly #agent: number;
  readonly #declared: readonly string[];
  #list: readonly GpuProcess[] = [];
  #seen: readonly Sighting[] = [];

  /** `agent`: its process; `declared`: names of processes that may compute beside the run's own. */
  constructor(read: ReadText, agent: number, declared: readonly string[]) {
    this.#read = read;
    this.#agent = agent;
    this.#declared = declared;
  }

  of(list: readonly GpuProcess[]): readonly ObservedProcess[] {
    if (list === this.#list) {
      this.#seen = this.#seen.filter(({ row, shown }) => !shown || nameOf(this.#read, row.pid) !== null);
    } else {
      const shown = new Set(this.#seen.filter((one) => one.shown).map(({ row }) => keyOf(row)));
      this.#list = list;
      // One that was here and is no more ended after the list was made, and has nobody left to say whose it was.
      this.#seen = list
        .map((process) => this.#sighting(process))
        .filter((one) => one.shown || !shown.has(keyOf(one.row)));
    }
    return this.#seen.map(({ row }) => row);
  }

  #sighting({ device, pid, name, usedBytes }: GpuProcess): Sighting {
    const shownAs = nameOf(this.#read, pid);
    const ours = isOfRun(this.#read, pid, this.#agent) || isDeclared(this.#read, pid, this.#declared);
    return {
      row: {
        device,
        pid,
        name: name ?? shownAs ?? '',
        usedBytes: numberOf(usedBytes),
        standing: ours ? 'own' : 'foreign',
      },
      shown: shownAs !== null,
    };
  }
}

const keyOf = ({ device, pid }: Pick<ObservedProcess, 'device' | 'pid'>): string => `${device} ${pid}`;
