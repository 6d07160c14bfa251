import { expect, test } from 'vitest';
import { readDcgmExporter } from '../../../../src/gpu/recorded/dcgm-exporter.ts';
import { shortReadings } from '../../../support/gpu-recordings.ts';

const read = (name: string, value: string) =>
  shortReadings(readDcgmExporter(`DCGM_FI_${name}{gpu="0",UUID="GPU-12345678"} ${value}\n`));

test.each([
  ['91', 0.91],
  ['0.910000', 0.91],
  ['1.000000', 1],
  ['0', 0],
  ['100', 1],
  ['1', 'parse_error'],
  ['91.5', 'parse_error'],
])('the utilisation that was renamed before its unit was: %s is %s', (value, expected) => {
  expect(read('DEV_GPU_UTIL_RATIO', value)).toEqual({ 'utilization.gpu': expected });
});

test.each([
  ['DEV_SM_CLOCK', '1215', 'DEV_SM_CLOCK_HERTZ', '1215000000'],
  ['DEV_TOTAL_ENERGY_CONSUMPTION', '319159000', 'DEV_GPU_ENERGY_JOULES_TOTAL', '319159'],
  ['DEV_FB_USED', '5120', 'DEV_FB_USED_BYTES', '5368709120'],
  ['DEV_POWER_USAGE', '98.5', 'DEV_BOARD_POWER_WATTS', '98.5'],
  ['DEV_POWER_USAGE_INSTANT', '98.5', 'DEV_BOARD_POWER_RAW_WATTS', '98.5'],
  ['DEV_POWER_VIOLATION', '1500000000', 'DEV_GPU_POWER_THROTTLE_SECONDS_TOTAL', '1.5'],
  ['DEV_MEM_COPY_UTIL', '73', 'DEV_MEMORY_UTIL_RATIO', '0.73'],
  ['PROF_PIPE_TENSOR_ACTIVE', '0.25', 'PROF_TENSOR_UTIL_RATIO', '0.25'],
])('%s %s is %s %s', (oldName, oldValue, newName, newValue) => {
  const before = read(oldName, oldValue);
  expect(Object.keys(before)).toHaveLength(1);
  expect(read(newName, newValue)).toEqual(before);
});
