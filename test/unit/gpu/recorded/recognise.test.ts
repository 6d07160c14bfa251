import { expect, test } from 'vitest';
import { readRecording } from '../../../../src/gpu/recorded/read-recording.ts';
import { recognise } from '../../../../src/gpu/recorded/recognise.ts';
import { FORMATS } from '../../../../src/gpu/recorded/recording.ts';
import { ownRecordings } from '../../../support/gpu-recordings.ts';

const EXPECTED: Readonly<Record<string, string>> = {
  'capture.txt': 'capture',
  'compute-apps.csv': 'nvidia-smi-apps',
  'dcgm-counters.csv': 'dcgm-counters',
  'dcgm-new.prom': 'dcgm-exporter',
  'dcgm-old.prom': 'dcgm-exporter',
  'dcgmi-dmon.txt': 'dcgmi-dmon',
  'dmon.txt': 'nvidia-smi-dmon',
  'own-header.csv': 'nvidia-smi-query',
  'pmon.txt': 'nvidia-smi-pmon',
  'query-nounits-series.csv': 'nvidia-smi-query',
  'query.csv': 'nvidia-smi-query',
  'smi-L.txt': 'nvidia-smi-list',
  'smi-error.txt': 'nvidia-smi-error',
  'smi-q.txt': 'nvidia-smi-text',
  'smi-v11.xml': 'nvidia-smi-xml',
  'smi-v12-mig.xml': 'nvidia-smi-xml',
};

test('each output is recognised by what only it prints, and every format stands among the fixtures', () => {
  const found = ownRecordings.map(({ name, text }) => [name, recognise(text)]);
  expect(Object.fromEntries(found)).toEqual(EXPECTED);
  expect(new Set(Object.values(EXPECTED))).toEqual(new Set(Object.keys(FORMATS)));
});

test('line ends of Windows and a byte order mark change nothing', () => {
  for (const { name, text } of ownRecordings) {
    const changed = `\uFEFF${text.replaceAll('\n', '\r\n')}`;
    expect(readRecording(changed), name).toEqual(readRecording(text));
  }
});

test.each(['', '\n\n', 'hello', 'timestamp\n1689325967982958\n', 'power.draw\nclocks.sm\n', '{"gpu": 0}'])(
  '%j is nothing that is known',
  (text) => {
    expect(recognise(text)).toBeNull();
    expect(readRecording(text)).toBeNull();
  },
);
