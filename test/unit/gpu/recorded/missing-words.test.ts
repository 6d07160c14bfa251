import { expect, test } from 'vitest';
import { MISSING } from '../../../../src/gpu/reading.ts';
import { told } from '../../../../src/gpu/recorded/device.ts';
import { missingWord } from '../../../../src/gpu/recorded/missing-words.ts';
import { readRecording } from '../../../../src/gpu/recorded/read-recording.ts';
import { toolError } from '../../../../src/gpu/recorded/tool-error.ts';
import { realRecordings } from '../../../support/gpu-recordings.ts';
import { testWith } from '../../../support/tools.ts';

test.each([
  ['[GPU is lost]', 'gpu_lost'],
  ['[GPU requires reset]', 'needs_reset'],
  ['[Unknown Error]', 'not_collected'],
  ['[N/A]', 'not_supported'],
  ['N/A', 'not_supported'],
  [' [Not Supported] ', 'not_supported'],
  ['[Insufficient Permissions]', 'no_permission'],
  ['[Requested functionality has been deprecated]', 'deprecated'],
  ['Requested functionality has been deprecated', 'deprecated'],
  ['-', 'not_supported'],
  ['0', null],
  ['', null],
  ['constructor', null],
])('a cell %j has the reason %s', (cell, reason) => {
  expect(missingWord(cell)).toBe(reason);
});

test.each(['[Not Supported]', 'N/A', '[Insufficient Permissions]', 'Requested functionality has been deprecated', '-'])(
  'a fact that is told as %j is not told',
  (text) => {
    expect(told(text)).toBeNull();
  },
);

test.each([
  ['Failed to initialize NVML: Unknown Error', 'not_collected'],
  ['Failed to initialize NVML: Insufficient Permissions', 'no_permission'],
  ['Unable to determine the device handle for GPU3: 0000:5F:00.0: Unknown Error', 'gpu_lost'],
  ['Unable to determine the device handle for GPU0000:44:00.0: GPU is lost.  Reboot the system', 'gpu_lost'],
  ['Nvlink queries are not supported for Devices in MIG mode', 'not_supported'],
  ['No devices were found', 'not_collected'],
])('the line %j has the reason %s', (line, reason) => {
  expect(toolError(line)).toEqual({ code: 'tool-error', sentence: `the tool printed: ${line}`, reason });
  expect(readRecording(`${line}\n`)).toMatchObject({ format: 'nvidia-smi-error', samples: [], findings: [{ reason }] });
});

test('a row of numbers with an error in one cell is no error of the tool', () => {
  expect(toolError('2026/03/29 03:00:00.000, 1, [GPU is lost]')).toBeNull();
  expect(toolError('    <total>[GPU is lost]</total>')).toBeNull();
});

testWith('GPU recordings', 'every error that is known of the tools has a reason', () => {
  const list = realRecordings.find(({ name }) => name === 'errors/error-strings.tsv')?.text ?? '';
  const rows = list
    .split('\n')
    .slice(1)
    .map((line) => line.split('\t'))
    .filter(([where]) => where !== undefined && where !== '');
  expect(rows.length).toBeGreaterThanOrEqual(14);
  for (const [where, , text = ''] of rows) {
    if (where === 'prom') {
      const value = /^\d+/.exec(text)?.[0] ?? '';
      const scrape = readRecording(`DCGM_FI_DEV_GPU_TEMP{gpu="0",UUID="GPU-1234"} ${value}\n`);
      expect(scrape?.samples[0]?.readings['temperature.gpu'], text).toMatchObject({ kind: 'missing' });
    } else {
      const reason = where === 'cell' ? missingWord(text) : toolError(text)?.reason;
      expect(MISSING, text).toContain(reason);
      expect(reason, text).not.toBe('parse_error');
    }
  }
});
