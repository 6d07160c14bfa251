import { EVENT_BITS, type MetricName } from '../metric.ts';
import { missing, numberReading, type Reading } from '../reading.ts';
import type { DeviceSample, GpuProcess } from '../sample.ts';
import { measured, measuredIn, sumOf } from './measured.ts';
import { missingWord } from './missing-words.ts';
import type { DeviceFacts } from './recording.ts';
import { leafAt, type Tree } from './tree.ts';

type Readings = DeviceSample['readings'];

/**
 * Where one way of printing `nvidia-smi -q` keeps what: paths, the first that is there counts, since names changed with
 * drivers. The unit is the one that the field has when the cell prints none.
 */
export interface SmiLayout {
  readonly readings: Readonly<
    Partial<Record<MetricName, { readonly unit: string; readonly paths: readonly string[] }>>
  >;
  /** Totals that the output tells in parts; the first set of parts that is whole counts. */
  readonly sums: Readonly<Partial<Record<MetricName, readonly (readonly string[])[]>>>;
  /** Parents of the event reasons by driver, and the reasons below them by bit. */
  readonly events: readonly { readonly parent: string; readonly bits: Readonly<Record<EventName, string>> }[];
  readonly limits: Readonly<Record<keyof DeviceFacts['powerLimits'], readonly string[]>>;
  readonly clocks: Readonly<Record<keyof DeviceFacts['clockLimits'], readonly string[]>>;
}

type EventName = keyof typeof EVENT_BITS;

/** Every metric that the output tells, of a whole GPU or of a MIG instance. */
export function layoutReadings(tree: Tree, layout: SmiLayout): Readings {
  const readings: Partial<Record<MetricName, Reading>> = {};
  for (const [name, field] of entriesOf(layout.readings)) {
    const leaf = leafAt(tree, field.paths);
    if (leaf !== undefined) readings[name] = typeof leaf === 'string' ? measured(leaf, name, field.unit) : leaf;
  }
  for (const [name, sets] of entriesOf(layout.sums)) {
    const sum = sumAt(tree, sets);
    if (sum !== undefined) readings[name] = sum;
  }
  const events = eventsAt(tree, layout);
  if (events !== undefined) readings.events = events;
  return readings;
}

const entriesOf = <V>(record: Readonly<Partial<Record<MetricName, V>>>): readonly (readonly [MetricName, V])[] =>
  Object.entries(record) as readonly (readonly [MetricName, V])[];

function sumAt(tree: Tree, sets: readonly (readonly string[])[]): Reading | undefined {
  for (const paths of sets) {
    const leaves = paths.map((path) => leafAt(tree, [path]));
    if (leaves.every((leaf) => leaf !== undefined)) {
      return sumOf(leaves.map((leaf) => (typeof leaf === 'string' ? measuredIn(leaf, 'count', 'count') : leaf)));
    }
  }
  return undefined;
}

/** Active reasons as NVML's mask. All but the display clock must be told: a reason that is not told is not inactive. */
function eventsAt(tree: Tree, { events }: SmiLayout): Reading | undefined {
  const told = events.find(({ parent }) => leafAt(tree, [parent]) !== undefined);
  if (told === undefined) return undefined;
  let mask = 0;
  for (const [name, path] of Object.entries(told.bits) as [EventName, string][]) {
    const leaf = leafAt(tree, [`${told.parent}/${path}`]);
    const bit = leaf === undefined && name === 'displayClocks' ? 0 : eventBit(leaf, EVENT_BITS[name]);
    if (typeof bit !== 'number') return bit;
    mask += bit;
  }
  return numberReading(mask);
}

function eventBit(leaf: string | Reading | undefined, bit: number): number | Reading {
  if (leaf === undefined) return missing('not_collected');
  if (typeof leaf !== 'string') return leaf;
  if (leaf === 'Active') return bit;
  return leaf === 'Not Active' ? 0 : missing(missingWord(leaf) ?? 'parse_error');
}

/** The limits of the power draw besides the enforced one. */
export function layoutLimits(tree: Tree, { limits }: SmiLayout): DeviceFacts['powerLimits'] {
  const found: Partial<Record<keyof DeviceFacts['powerLimits'], Reading>> = {};
  for (const name of ['requested', 'default', 'min', 'max'] as const) {
    const leaf = leafAt(tree, limits[name]);
    if (leaf !== undefined) found[name] = typeof leaf === 'string' ? measuredIn(leaf, 'W', 'W') : leaf;
  }
  return found;
}

/** The clocks that it is held to. */
export function layoutClocks(tree: Tree, { clocks }: SmiLayout): DeviceFacts['clockLimits'] {
  const found: Partial<Record<keyof DeviceFacts['clockLimits'], Reading>> = {};
  for (const name of ['highest', 'application'] as const) {
    const leaf = leafAt(tree, clocks[name]);
    if (leaf !== undefined) found[name] = typeof leaf === 'string' ? measuredIn(leaf, 'MHz', 'MHz') : leaf;
  }
  return found;
}

/** `C`, `G` and `C+G`, as nvidia-smi prints them. */
export function processType(text: string | undefined): GpuProcess['type'] {
  switch (text?.trim()) {
    case 'C':
    case 'M+C':
      return 'compute';
    case 'G':
      return 'graphics';
    case 'C+G':
    case 'M+C+G':
      return 'both';
    default:
      return 'unknown';
  }
}
