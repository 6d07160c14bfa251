import { EVENT_BITS, METRICS, type MetricName } from '../../gpu/metric.ts';

/** A value of a metric with the unit in which people read it: bytes as MiB, shares as percent, masks by their reasons. */
export function valueText(name: MetricName, value: number): string {
  const { unit } = METRICS[name];
  switch (unit) {
    case 'bytes':
      return `${rounded(value / 2 ** 20)} MiB`;
    case 'bytes/s':
      return `${rounded(value / 1e6)} MB/s`;
    case 'ratio':
      return `${rounded(value * 100)} %`;
    case 'mask':
      return maskText(value);
    case 'count':
    case 'code':
      return `${value}`;
    case 'W':
    case 'J':
    case 'MHz':
    case '°C':
    case 's':
      return `${rounded(value)} ${unit}`;
  }
}

/** Without the digits that only the binary form of a decimal has. */
const rounded = (value: number): number => Number(value.toPrecision(12));

function maskText(mask: number): string {
  const names = Object.entries(EVENT_BITS).flatMap(([name, bit]) => ((mask & bit) === bit ? [name] : []));
  const known = Object.values(EVENT_BITS).reduce((sum, bit) => sum + bit, 0);
  const rest = mask - (mask & known);
  const words = rest > 0 ? [...names, `0x${rest.toString(16)}`] : names;
  return words.length === 0 ? 'none' : words.join('+');
}
