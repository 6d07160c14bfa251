import type { MissingReason } from '../reading.ts';
import { type QueryHeader, type QueryRow, queryHeader, queryRow } from '../recorded/query-csv.ts';
import { toolError } from '../recorded/tool-error.ts';
import type { DeviceSample } from '../sample.ts';

/** What `nvidia-smi` is asked for in a loop: what it tells of every GPU since driver 450. */
export const QUERY = [
  'timestamp',
  'index',
  'uuid',
  'name',
  'pci.bus_id',
  'driver_version',
  'vbios_version',
  'persistence_mode',
  'compute_mode',
  'mig.mode.current',
  'ecc.mode.current',
  'power.draw',
  'power.limit',
  'enforced.power.limit',
  'power.default_limit',
  'power.min_limit',
  'power.max_limit',
  'clocks.current.sm',
  'clocks.current.memory',
  'clocks.max.sm',
  'temperature.gpu',
  'temperature.memory',
  'utilization.gpu',
  'utilization.memory',
  'memory.used',
  'memory.total',
  'clocks_throttle_reasons.active',
  'ecc.errors.uncorrected.volatile.total',
  'ecc.errors.corrected.volatile.total',
] as const;

/** What a line of the loop is. `rows`: a row of a GPU. `spoilt`: from its second row on the loop tells nothing. */
export type LoopWord =
  | { readonly kind: 'row'; readonly row: QueryRow; readonly sample: DeviceSample }
  | { readonly kind: 'spoilt' }
  | { readonly kind: 'error'; readonly reason: MissingReason | null; readonly sentence: string }
  | { readonly kind: 'nothing' };

/**
 * Reads the loop of `nvidia-smi --query-gpu -lms` line by line. Some systems print `[Unknown Error]` from the second row
 * of a GPU on: a second row without a number, after a first with some, is `spoilt`.
 */
export class SmiLoop {
  #header: QueryHeader | null = null;
  /** Numbers in the first row of each GPU; null once its second has been looked at. */
  readonly #first = new Map<string, number | null>();

  line(text: string, atNs: number): LoopWord {
    if (text.trim() === '') return { kind: 'nothing' };
    const error = toolError(text);
    if (error !== null) return { kind: 'error', reason: error.reason, sentence: error.sentence };
    const header = /^\s*[\d[]/.test(text) ? null : queryHeader(text);
    if (header !== null) {
      this.#header = header;
      return { kind: 'nothing' };
    }
    const row = this.#header === null ? null : queryRow(this.#header, text);
    if (row === null) return { kind: 'nothing' };
    if (this.#spoilt(row)) return { kind: 'spoilt' };
    const sample: DeviceSample = { source: 'nvidia-smi', device: row.facts.device, atNs, readings: row.readings };
    return { kind: 'row', row, sample };
  }

  #spoilt({ facts, readings }: QueryRow): boolean {
    const numbers = Object.values(readings).filter(({ kind }) => kind === 'number').length;
    const first = this.#first.get(facts.device.uuid);
    this.#first.set(facts.device.uuid, first === undefined ? numbers : null);
    return typeof first === 'number' && first > 0 && numbers === 0;
  }
}
