import { expect, test } from 'vitest';
import { missing, numberReading } from '../../../../src/gpu/reading.ts';
import { measured, measuredIn, sumOf } from '../../../../src/gpu/recorded/measured.ts';

test.each([
  ['631.95 W', 'power.draw', 'W', 631.95],
  ['631.95', 'power.draw', 'W', 631.95],
  ['631950 mW', 'power.draw', 'W', 631.95],
  ['29 %', 'utilization.gpu', '%', 0.29],
  ['0.29', 'activity.sm', 'ratio', 0.29],
  ['1 MiB', 'memory.used', 'MiB', 1_048_576],
  ['1048576', 'memory.used', 'B', 1_048_576],
  ['1.215e+09', 'clock.sm', 'Hz', 1215],
  ['319159391', 'energy', 'mJ', 319_159.391],
  ['204642816 us', 'throttled.powerCap', 'us', 204.642816],
  ['1500000000', 'throttled.powerCap', 'ns', 1.5],
  ['9139 KB/s', 'pcie.sent', 'KB/s', 9_139_000],
  ['27 C', 'temperature.gpu', 'C', 27],
  ['-8', 'temperature.gpu', 'C', -8],
  ['0x0000000000000024', 'events', 'mask', 36],
  ['36', 'events', 'mask', 36],
] as const)('%s as %s is read in the unit of its metric', (cell, metric, unit, value) => {
  expect(measured(cell, metric, unit)).toEqual({ kind: 'number', value });
});

test.each([
  ['100 W', 'utilization.gpu', '%'],
  ['100 %', 'power.draw', 'W'],
  ['100', 'power.draw', '%'],
  ['100', 'power.draw', ''],
  ['100 W', 'power.draw', '%'],
  ['100 W', 'power.draw', 'mWh'],
  ['100 bogus', 'power.draw', 'W'],
  ['100 W W', 'power.draw', 'W'],
  ['140 %', 'utilization.gpu', '%'],
  ['91', 'activity.sm', 'ratio'],
  ['-3 W', 'power.draw', 'W'],
  ['-300', 'temperature.gpu', 'C'],
  ['1.5', 'ecc.uncorrected', 'count'],
  ['Infinity', 'power.draw', 'W'],
  ['1e999', 'power.draw', 'W'],
  ['', 'power.draw', 'W'],
  ['Active', 'events', 'mask'],
  ['0xFFFFFFFFFFFFFFFF', 'events', 'mask'],
] as const)('%s as %s in %s is no reading', (cell, metric, unit) => {
  expect(measured(cell, metric, unit)).toEqual(missing('parse_error'));
});

test.each([
  ['9223372036854775792', 'not_collected'],
  ['9223372036854775793', 'not_collected'],
  ['9223372036854775794', 'not_supported'],
  ['9223372036854775795', 'no_permission'],
  ['9.223372036854776e+18', 'not_collected'],
  ['140737488355328', 'not_collected'],
  ['140737488355330.000000', 'not_supported'],
  ['140737488355331', 'no_permission'],
  ['2147483632', 'not_collected'],
  ['2147483634', 'not_supported'],
  ['2147483635', 'no_permission'],
] as const)('DCGM says %s and means none', (digits, reason) => {
  expect(measured(digits, 'temperature.gpu', 'C')).toEqual(missing(reason));
  expect(measured(digits, 'events', 'mask')).toEqual(missing(reason));
});

test('the numbers beside those for none are numbers', () => {
  for (const digits of ['2147483631', '2147483636', '140737488355327', '140737488355332']) {
    expect(measuredIn(digits, 'count', 'count')).toEqual(numberReading(Number(digits)));
  }
});

test('a sum with a part missing is missing for the reason of that part', () => {
  expect(sumOf([numberReading(2), numberReading(3)])).toEqual(numberReading(5));
  expect(sumOf([numberReading(2), missing('gpu_lost')])).toEqual(missing('gpu_lost'));
  expect(sumOf([])).toEqual(missing('not_collected'));
});
