import { missing, type Reading } from '../reading.ts';
import type { DcgmField } from './dcgm-fields.ts';
import { measured } from './measured.ts';

/**
 * The reading of a field of DCGM. A memory temperature of exactly 0 °C is what DCGM prints for a GPU without that sensor
 * (T4, L4, every vGPU): no memory in use is that cold.
 */
export function dcgmValue(text: string, { metric, unit }: DcgmField): Reading {
  const reading = measured(text, metric, unit);
  const noSensor = metric === 'temperature.memory' && reading.kind === 'number' && reading.value === 0;
  return noSensor ? missing('not_supported') : reading;
}
