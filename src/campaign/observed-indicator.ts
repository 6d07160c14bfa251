/** Indicators of what is observed beside the load: `gpu.power.mean`, `host.cpu.p95`, `energy.perInference`. */

/** A quantity of each GPU or of each node's host, and what of its readings over the measure phases is bounded. */
export interface ObservedIndicator {
  readonly kind: 'observed';
  readonly quantity: ObservedQuantity;
  readonly statistic: Statistic;
}

export type Statistic = 'mean' | 'min' | 'max' | { readonly quantile: number };

/** Quantities, and the units that bounds on them are written in. */
export const OBSERVED = {
  'gpu.power': 'W',
  'gpu.temperature': '°C',
  'gpu.clock': 'MHz',
  'gpu.memory': 'bytes',
  'gpu.utilization': 'ratio',
  'gpu.sm': 'ratio',
  'gpu.tensor': 'ratio',
  'gpu.dram': 'ratio',
  'host.cpu': 'ratio',
  'host.core': 'ratio',
  'host.steal': 'ratio',
  'host.pressure': 'ratio',
  'host.memory': 'bytes',
} as const;

export type ObservedQuantity = keyof typeof OBSERVED;
export type ObservedUnit = (typeof OBSERVED)[ObservedQuantity] | 'J';

const FORM = /^((?:gpu|host)\.[a-z]+)\.(?:(mean|min|max)|p(\d+(?:\.\d+)?))$/;

/** Reads `gpu.power.mean`; null: it is no such indicator. */
export function parseObserved(name: string): ObservedIndicator | null {
  const [, quantity = '', word, percent] = FORM.exec(name) ?? [];
  if (!Object.hasOwn(OBSERVED, quantity)) return null;
  if (word !== undefined) {
    return { kind: 'observed', quantity: quantity as ObservedQuantity, statistic: word as 'mean' | 'min' | 'max' };
  }
  const value = Number(percent);
  if (!(value > 0 && value < 100)) return null;
  return { kind: 'observed', quantity: quantity as ObservedQuantity, statistic: { quantile: Number(`${value}e-2`) } };
}

/** As written in an objective. */
export function observedText({ quantity, statistic }: ObservedIndicator): string {
  const of = typeof statistic === 'string' ? statistic : `p${Number((statistic.quantile * 100).toPrecision(15))}`;
  return `${quantity}.${of}`;
}

/** Examples for sentences and editors. */
export const OBSERVED_NAMES: readonly string[] = [
  ...Object.keys(OBSERVED).map((quantity) => `${quantity}.mean`),
  'energy.perInference',
];
