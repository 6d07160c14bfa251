import { missing, type Reading } from '../reading.ts';
import { type DcgmField, PERCENT_OR_RATIO } from './dcgm-fields.ts';
import { measured } from './measured.ts';

/**
 * The reading of a field of DCGM. A memory temperature of exactly 0 °C is what DCGM prints for a GPU without that sensor
 * (T4, L4, every vGPU): no memory in use is that cold.
 */
export function dcgmValue(text: string, { metric, unit }: DcgmField): Reading {
  if (unit === PERCENT_OR_RATIO) return percentOrRatio(text, metric);
  const reading = measured(text, metric, unit);
  const noSensor = metric === 'temperature.memory' && reading.kind === 'number' && reading.value === 0;
  return noSensor ? missing('not_supported') : reading;
}

/** Zero is the same in both; a bare 1 is 1 % or all of it, and none of the two is taken for granted. */
function percentOrRatio(text: string, metric: DcgmField['metric']): Reading {
  const digits = text.trim();
  if (digits === '1') return missing('parse_error');
  return measured(digits, metric, /^\d+$/.test(digits) ? '%' : 'ratio');
}
