import { expect, test } from 'vitest';
import { recordingText } from '../../src/cli/gpu/recording-text.ts';
import { METRICS } from '../../src/gpu/metric.ts';
import { MISSING, type Reading } from '../../src/gpu/reading.ts';
import { readRecording } from '../../src/gpu/recorded/read-recording.ts';
import { recognise } from '../../src/gpu/recorded/recognise.ts';
import { FORMATS, type Recording } from '../../src/gpu/recorded/recording.ts';
import { type DeviceSample, SOURCES } from '../../src/gpu/sample.ts';
import { stream } from '../../src/scenarios/rng.ts';
import { ownRecordings, realRecordings } from '../support/gpu-recordings.ts';

const corpus = [...ownRecordings, ...realRecordings].map(({ text }) => text).filter((text) => recognise(text) !== null);

/** Pieces that break these formats at their seams. */
const SPICE = [
  '<',
  '>',
  '</gpu>',
  '<gpu>',
  '<!--',
  ']]>',
  '&amp;',
  '&x;',
  '{',
  '}',
  '"',
  '\\',
  '=',
  ',',
  ' , ,',
  '[',
  ']',
  '[N/A]',
  '[GPU is lost]',
  ' : ',
  '\n',
  '\r',
  '\t',
  '\0',
  '\uFFFD',
  '#',
  '# load :: dmon\n',
  '%',
  ' W',
  ' MiB',
  'us',
  '-',
  '0',
  '1e999',
  'NaN',
  '0x',
  '9223372036854775794',
  '99999999999999999999999999',
  '__proto__',
  'constructor',
  '    ',
  '"'.repeat(50),
  ' '.repeat(500),
];

function mutated(seed: number): string {
  const rng = stream(String(seed), 'gpu fuzz');
  const below = (limit: number): number => Math.floor(rng.next() * limit);
  let text = corpus[below(corpus.length)] ?? '';
  for (let edits = 1 + below(8); edits > 0; edits--) {
    const at = below(text.length);
    const from = below(text.length);
    const pieces = [SPICE[below(SPICE.length)] ?? '', text.slice(from, from + below(200)), '', text.charAt(from)];
    const cut = [0, 1, below(12), below(400)][below(4)] ?? 0;
    text = text.slice(0, at) + (pieces[below(pieces.length)] ?? '') + text.slice(at + cut);
  }
  return below(6) === 0 ? text.slice(0, below(text.length)) : text;
}

function sound(reading: Reading): boolean {
  return reading.kind === 'number' ? Number.isFinite(reading.value) : MISSING.includes(reading.reason);
}

const inRange = (name: keyof typeof METRICS, reading: Reading): boolean =>
  reading.kind === 'missing' || METRICS[name].unit !== 'ratio' || (reading.value >= 0 && reading.value <= 1.01);

function soundSample({ source, device, atNs, readings }: DeviceSample): boolean {
  const entries = Object.entries(readings) as [keyof typeof METRICS, Reading][];
  return (
    SOURCES.includes(source) &&
    /^(?:GPU-|MIG-|index:)/.test(device.uuid) &&
    (atNs === null || Number.isFinite(atNs)) &&
    // A metric of the table has its unit there; another would have none.
    entries.every(([name, reading]) => Object.hasOwn(METRICS, name) && sound(reading) && inRange(name, reading))
  );
}

function check(recording: Recording): void {
  expect(Object.keys(FORMATS)).toContain(recording.format);
  const odd = recording.samples.filter((sample) => !soundSample(sample));
  expect(odd).toEqual([]);
  for (const { pid, usedBytes } of recording.processes)
    expect(Number.isSafeInteger(pid) && sound(usedBytes)).toBe(true);
  for (const { powerLimits, clockLimits } of recording.devices)
    expect([...Object.values(powerLimits), ...Object.values(clockLimits)].every(sound)).toBe(true);
  for (const { sentence } of recording.findings) expect(sentence.trim()).not.toBe('');
  // Nothing that a file holds reaches the terminal as a control character.
  expect(recordingText('file', recording)).not.toMatch(/[^\P{Cc}\n]/u);
}

test('1,000 mutated recordings: no crash, no hang, no value without a unit', () => {
  let read = 0;
  let slowestMs = 0;
  for (let seed = 0; seed < 1000; seed++) {
    const text = mutated(seed);
    const began = performance.now();
    const recording = readRecording(text);
    slowestMs = Math.max(slowestMs, performance.now() - began);
    if (recording !== null) {
      check(recording);
      read += 1;
    }
  }
  // Most are still what they were, so that the parsers and not only the recogniser were at work.
  expect(read).toBeGreaterThan(800);
  // A recording of this size takes milliseconds; a pattern that backtracks takes minutes.
  expect(slowestMs).toBeLessThan(5000);
});

test.each([
  ['a line of blanks', `index, power.draw [W]\n${' '.repeat(200_000)}x`],
  ['a line of quotes', `DCGM_FI_DEV_GPU_TEMP{gpu="${'\\"'.repeat(100_000)}`],
  ['a line of commas', `index, power.draw [W]\n${','.repeat(200_000)}`],
  ['a line of colons', `==============NVSMI LOG==============\n${' : '.repeat(100_000)}`],
  ['elements without end', `<nvidia_smi_log>${'<gpu>'.repeat(50_000)}`],
  ['elements within elements', `<nvidia_smi_log>${'<a>'.repeat(20_000)}${'</a>'.repeat(20_000)}</nvidia_smi_log>`],
  ['digits', `index, power.draw [W]\n0, ${'9'.repeat(200_000)}`],
  [
    'levels',
    `==============NVSMI LOG==============\n${Array.from({ length: 3000 }, (_, n) => `${' '.repeat(n)}a`).join('\n')}`,
  ],
])('%s is read in no time', (_, text) => {
  const began = performance.now();
  const recording = readRecording(text);
  if (recording !== null) check(recording);
  expect(performance.now() - began).toBeLessThan(5000);
});
