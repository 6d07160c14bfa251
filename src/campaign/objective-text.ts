import { STREAM_METRICS } from '../stats/stream-tally.ts';
import { ns } from '../time/ns.ts';
import { nearest } from './nearest.ts';
import type { Comparison, Indicator, LatencyMetric, Objective, PartLabels } from './objective.ts';
import { OBSERVED, OBSERVED_NAMES, type ObservedUnit, observedText, parseObserved } from './observed-indicator.ts';
import {
  formatAmount,
  formatDuration,
  formatRate,
  formatShare,
  parseBytes,
  parseEnergy,
  parseFrequency,
  parsePositiveDuration,
  parsePositiveRate,
  parsePower,
  parseShare,
  parseTemperature,
  quoted,
  type Reading,
  read,
  refuse,
} from './quantity.ts';

/** One-sided confidence of a verdict unless written. */
export const DEFAULT_CONFIDENCE = 0.99;

/** An indicator as written, without what only the map form says of it. */
export type IndicatorName = Exclude<Indicator, { readonly kind: 'recovery' }> | { readonly kind: 'recovery' };

/** What a bound on an indicator looks like. */
interface BoundForm {
  readonly noun: string;
  readonly example: string;
  /** The side on which the bound lies. */
  readonly side: 'upper' | 'lower' | 'either';
  readonly read: (found: unknown) => Reading<number>;
  readonly format: (limit: number) => string;
}

const DURATION_BOUND: BoundForm = {
  noun: 'a duration above zero',
  example: '100ms',
  side: 'upper',
  read: parsePositiveDuration,
  format: (limit) => formatDuration(ns(limit)),
};

const RATE_BOUND: BoundForm = {
  noun: 'a rate above zero',
  example: '100/s',
  side: 'lower',
  read: parsePositiveRate,
  format: formatRate,
};

const SHARE_BOUND: BoundForm = {
  noun: 'a share above 0% and below 100%',
  example: '5%',
  side: 'upper',
  read: (found) => {
    const reading = parseShare(found);
    return reading.ok && (reading.value <= 0 || reading.value >= 1) ? refuse('') : reading;
  },
  format: formatShare,
};

/** Bounds on what is observed beside the load, by their unit; they may lie on either side. */
const OBSERVED_BOUNDS: Readonly<Record<ObservedUnit, BoundForm>> = {
  W: observedBound('a power', '300W', parsePower, 'W'),
  J: observedBound('an energy', '2J', parseEnergy, 'J'),
  '°C': observedBound('a temperature', '85C', parseTemperature, 'C'),
  MHz: observedBound('a frequency', '1200MHz', parseFrequency, 'MHz'),
  bytes: { ...observedBound('a size', '30GiB', parseBytes, 'B'), format: (limit) => formatAmount(limit, 'B') },
  ratio: { ...observedBound('a share', '80%', parseShare, '%'), format: formatShare },
};

function observedBound(noun: string, example: string, readBound: BoundForm['read'], unit: string): BoundForm {
  return { noun, example, side: 'either', read: readBound, format: (limit) => formatAmount(limit, unit) };
}

function boundForm(indicator: IndicatorName): BoundForm {
  switch (indicator.kind) {
    case 'observed':
      return OBSERVED_BOUNDS[OBSERVED[indicator.quantity]];
    case 'energy':
      return OBSERVED_BOUNDS.J;
    case 'latency':
    case 'part':
    case 'max':
    case 'recovery':
      return DURATION_BOUND;
    case 'throughput':
    case 'goodput':
    case 'samples':
    case 'held':
      return RATE_BOUND;
    case 'errors':
      return SHARE_BOUND;
  }
}

const COMPARED = /^\s*((?:[^\s{]|\{[^}]*\})+?)\s*(<=|>=|<|>)\s*(.*?)\s*$/u;

/** Reads `response.p95 < 100ms`. */
export function parseObjective(text: string): Reading<Objective> {
  const match = COMPARED.exec(text);
  if (match === null) return refuse(withoutComparison(text));
  const [, name = '', comparison = '', bound = ''] = match;
  const indicator = parseIndicator(name);
  if (!indicator.ok) return indicator;
  if (indicator.value.kind === 'recovery') {
    return refuse(
      `found ${quoted(text)}, expected a map that says what to recover to, for example { indicator: recovery, to: 100ms, below: 5s }`,
    );
  }
  return bounded(indicator.value, comparison as Comparison, bound);
}

/** An objective from its parts; the limit may be anything that was found in a bound's place. */
export function bounded(
  indicator: Exclude<Indicator, { kind: 'recovery' }>,
  comparison: Comparison,
  found: unknown,
): Reading<Objective> {
  const name = indicatorText(indicator);
  const limit = parseLimit(indicator, name, comparison, found);
  if (!limit.ok) return limit;
  const text = `${name} ${comparison} ${formatLimit(indicator, limit.value)}`;
  return read({
    text,
    indicator,
    comparison,
    limit: limit.value,
    overNs: null,
    abort: false,
    confidence: DEFAULT_CONFIDENCE,
  });
}

/** The limit of an objective on an indicator, in the indicator's base unit; refused when unit or side do not fit it. */
export function parseLimit(
  indicator: IndicatorName,
  name: string,
  comparison: Comparison,
  found: unknown,
): Reading<number> {
  const form = boundForm(indicator);
  const sign = form.side === 'lower' ? '>=' : '<';
  if (form.side !== 'either' && form.side !== (comparison.startsWith('<') ? 'upper' : 'lower')) {
    return refuse(
      `found ${comparison}, expected ${form.side === 'upper' ? '< or <=' : '> or >='} with ${name}, for example ${name} ${sign} ${form.example}`,
    );
  }
  const limit = form.read(found);
  if (limit.ok) return limit;
  return refuse(
    `found ${quoted(found === '' ? null : found)}, expected ${form.noun} for ${name}, for example ${name} ${comparison} ${form.example}`,
  );
}

export const formatLimit = (indicator: IndicatorName, limit: number): string => boundForm(indicator).format(limit);

const METRICS: readonly LatencyMetric[] = ['response', 'service', 'wait', ...STREAM_METRICS];
const PLAIN = ['throughput', 'goodput', 'samples', 'errors', 'recovery', 'held'] as const;
const LATENCY = /^([A-Za-z]+)\.p(\d+(?:\.\d+)?)$/u;
const EXPECTED =
  'expected response.pNN, service.pNN, wait.pNN, firstEvent.pNN, firstEventService.pNN, betweenEvents.pNN, response.max, throughput, goodput, samples, errors, recovery, held, gpu.*, host.* or energy.perInference';

/** Reads `response.p99.9`, `response.max`, `errors` and the like. */
export function parseIndicator(name: string): Reading<IndicatorName> {
  if (name === 'response.max') return read({ kind: 'max' });
  if (name === 'energy.perInference') return read({ kind: 'energy' });
  const observed = parseObserved(name);
  if (observed !== null) return read(observed);
  const plain = PLAIN.find((known) => known === name);
  if (plain !== undefined) return read({ kind: plain });
  const part = PART.exec(name);
  if (part !== null) return parsePart(name, part[1] ?? '', part[2] ?? '');
  const [, prefix = '', percent = ''] = LATENCY.exec(name) ?? [];
  const metric = METRICS.find((known) => known === prefix);
  if (metric === undefined) return refuse(unknownIndicator(name));
  const value = Number(percent);
  if (value <= 0 || value >= 100)
    return refuse(`found ${quoted(name)}, expected a percentile above 0 and below 100, for example ${metric}.p99`);
  return read({ kind: 'latency', metric, quantile: Number(`${value}e-2`) });
}

const PART = /^response\{(.*)\}\.p(\d+(?:\.\d+)?)$/u;
const LABELS = ['scenario', 'group', 'name', 'metric'] as const;

/** `name:login,scenario:browse`; a value may hold colons and spaces, no comma and no brace. */
function parsePart(written: string, labels: string, percent: string): Reading<IndicatorName> {
  const selector: Partial<Record<(typeof LABELS)[number], string>> = {};
  for (const label of labels.split(',')) {
    const colon = label.indexOf(':');
    const key = LABELS.find((known) => known === label.slice(0, Math.max(0, colon)).trim());
    const value = label.slice(colon + 1).trim();
    if (key === undefined || value === '')
      return refuse(
        `found ${quoted(written)}, expected labels ${LABELS.join(', ')}, for example response{name:login}.p95`,
      );
    selector[key] = value;
  }
  const value = Number(percent);
  if (value <= 0 || value >= 100)
    return refuse(
      `found ${quoted(written)}, expected a percentile above 0 and below 100, for example response{name:login}.p99`,
    );
  return read({ kind: 'part', selector, quantile: Number(`${value}e-2`) });
}

/** `response{name:login}.p95`. */
export const partText = (selector: PartLabels, quantile: number): string => {
  const labels = LABELS.flatMap((key) => (selector[key] === undefined ? [] : [`${key}:${selector[key]}`]));
  return `response{${labels.join(',')}}.p${percentOf(quantile)}`;
};

/** As written in an objective: `response.p99.9`. */
export function indicatorText(indicator: IndicatorName): string {
  if (indicator.kind === 'max') return 'response.max';
  if (indicator.kind === 'energy') return 'energy.perInference';
  if (indicator.kind === 'observed') return observedText(indicator);
  if (indicator.kind === 'part') return partText(indicator.selector, indicator.quantile);
  return indicator.kind === 'latency' ? `${indicator.metric}.p${percentOf(indicator.quantile)}` : indicator.kind;
}

const percentOf = (quantile: number): string => String(Number((quantile * 100).toPrecision(15)));

/** Words that people use for an indicator under its own name here. */
const OTHER_WORDS: ReadonlyMap<string, string> = new Map([
  ['latency', 'response'],
  ['duration', 'response'],
  ['qps', 'throughput'],
  ['rps', 'throughput'],
  ['queue', 'wait'],
  ['ttft', 'firstEvent'],
  ['itl', 'betweenEvents'],
  ['availability', 'errors'],
]);

function unknownIndicator(name: string): string {
  const near = nearestIndicator(name);
  return `found the indicator ${quoted(name)}, ${near === null ? '' : `did you mean ${near}? `}${EXPECTED}, for example response.p95 < 100ms`;
}

function nearestIndicator(name: string): string | null {
  const dot = name.indexOf('.');
  const [head, rest] = dot < 0 ? [name, ''] : [name.slice(0, dot), name.slice(dot)];
  const other = OTHER_WORDS.get(head.toLowerCase());
  if (other !== undefined)
    return `${other}${METRICS.some((metric) => metric === other) && rest === '' ? '.p95' : rest}`;
  const endings = LATENCY.test(`response${rest}`) ? METRICS.map((metric) => `${metric}${rest}`) : [];
  return nearest(name, [...endings, 'response.max', ...PLAIN, ...OBSERVED_NAMES]);
}

function withoutComparison(text: string): string {
  const [first = ''] = text.trim().split(/\s+/u);
  const indicator = parseIndicator(first);
  const example =
    indicator.ok && indicator.value.kind !== 'recovery' ? exampleOf(indicator.value) : 'response.p95 < 100ms';
  return `found ${quoted(text)}, expected an indicator, a comparison (<, <=, > or >=) and a bound, for example ${example}`;
}

function exampleOf(indicator: IndicatorName): string {
  const form = boundForm(indicator);
  return `${indicatorText(indicator)} ${form.side === 'lower' ? '>=' : '<'} ${form.example}`;
}
