import { expect, test } from 'vitest';
import { CsvSamples } from '../../../../../src/agent/k6/csv/csv-samples.ts';
import { type K6Frame, K6Outcome } from '../../../../../src/agent/k6/frames.ts';
import { decodeHistogram } from '../../../../../src/wire/interval-codec.ts';

/** What k6 2.2 writes under these system tags. */
const HEADER =
  'metric_name,timestamp,metric_value,check,expected_response,group,method,name,scenario,extra_tags,metadata';
const row = (
  metric: string,
  atMs: number,
  value: number,
  more: { vu?: string; name?: string; check?: string } = {},
): string =>
  `${metric},${BigInt(atMs) * 1_000_000n},${value.toFixed(6)},${more.check ?? ''},,::buy,GET,${more.name ?? ''},main,team=a,${more.vu === undefined ? '' : `vu=${more.vu}`}`;

function reading(nowMs: number) {
  const wall = { at: nowMs, nowMs: () => wall.at };
  const samples = new CsvSamples(wall);
  return { wall, samples, read: (...lines: string[]) => [...samples.samples(Buffer.from(`${lines.join('\n')}\n`))] };
}

const kinds = (frames: readonly K6Frame[]): string[] => frames.map(({ kind }) => kind);

test('iterations and parts come as the frames that folded samples come as', () => {
  const { wall, samples, read } = reading(1000);
  expect(read(HEADER)).toEqual([]);
  const named = read(
    row('http_req_duration', 1100, 12.5, { vu: '3', name: 'login' }),
    row('http_req_duration', 1101, 14.5, { vu: '3', name: 'login' }),
    row('http_req_sending', 1101, 1, { vu: '3', name: 'login' }),
    row('checks', 1102, 0, { vu: '3', check: 'is, "so"' }).replace('is, "so"', '"is, ""so"""'),
    row('iteration_duration', 1103, 30, { vu: '3' }),
    row('took', 1103, 7, { vu: '3' }),
    row('vus', 1200, 4),
    row('vus_max', 1200, 9),
  );
  wall.at = 2100;
  const frames = [...named, ...samples.turn()];
  expect(kinds(frames)).toEqual(['scenario', 'failure', 'iterations', 'part', 'part', 'part', 'part', 'sums', 'tick']);
  expect(frames[1]).toMatchObject({ message: 'failed check: is, "so"' });
  expect(frames[2]).toMatchObject({ iterations: [{ outcome: K6Outcome.failedCheck, startNs: 1_073_000_000n }] });
  expect(frames[3]).toMatchObject({
    part: { metric: 'http_req_duration', scenario: 'main', group: '::buy', name: 'login', type: 'trend', time: true },
  });
  expect(frames[6]).toMatchObject({ part: { metric: 'took', type: 'unknown', time: false } });
  expect(frames[8]).toMatchObject({ vus: 4, vusMax: 9, orphans: 0 });
  const sums = frames[7]?.kind === 'sums' ? frames[7].sums : [];
  expect(sums[0]).toMatchObject({ count: 2, nonzero: 2, sum: 27, min: 12.5, max: 14.5 });
  const { buckets = new Uint8Array(0) } = sums[0] ?? {};
  const histogram = decodeHistogram({ buckets, sumNs: 27e6, maxNs: 14.5e6 } as Parameters<typeof decodeHistogram>[0]);
  expect(histogram.total).toBe(2);
  expect(histogram.quantileNs(1) / 1e6).toBeCloseTo(14.5, 1);
});

test('sums begin anew with every second', () => {
  const { wall, samples, read } = reading(0);
  read(HEADER, row('http_reqs', 1, 1));
  wall.at = 1000;
  expect(kinds([...samples.turn()])).toEqual(['part', 'sums', 'tick']);
  wall.at = 2000;
  expect(kinds([...samples.turn()])).toEqual(['tick']);
});

test('an exception in the log is the fault of an iteration in the samples', () => {
  const { samples, read } = reading(500);
  samples.log(
    Buffer.from('time="x" level=error msg="Error: no\\n\\tat y" executor=a scenario=main source=stacktrace\n'),
  );
  read(HEADER, row('iteration_duration', 499, 1, { vu: '1' }));
  const frames = [...samples.end()];
  expect(frames.find(({ kind }) => kind === 'iterations')).toMatchObject({
    iterations: [{ outcome: K6Outcome.exception }],
  });
  expect(frames.at(-1)).toMatchObject({ kind: 'bye', orphans: 0, lost: 0 });
});

test('what was thrown is read from the metadata of its sample and is no part', () => {
  const { samples, read } = reading(500);
  const told = row('loadcell_thrown', 498, 1, { vu: '1' }).replace('vu=1', 'loadcell_thrown=Error%3A%20a%26b%2C&vu=1');
  const frames = [...read(HEADER, told, row('iteration_duration', 499, 1, { vu: '1' })), ...samples.end()];
  expect(frames).toContainEqual(expect.objectContaining({ kind: 'failure', code: 'Error', message: 'Error: a&b,' }));
  expect(frames.filter(({ kind }) => kind === 'part')).toHaveLength(1);
});

test('a stream that is cut off has no farewell', () => {
  const { samples, read } = reading(0);
  read(HEADER);
  expect([...samples.samples(Buffer.from('http_reqs,1'))]).toEqual([]);
  expect(kinds([...samples.end()])).not.toContain('bye');
  expect(kinds([...reading(0).samples.end()])).not.toContain('bye');
});

test('what is no CSV of k6 is refused', () => {
  expect(() => reading(0).read('a,b')).toThrow('k6 CSV: found no column metric_name');
  expect(() => reading(0).read(HEADER, 'a,b')).toThrow('found a row of 2 columns, expected 11');
  expect(() => reading(0).read(HEADER, row('x', 1, 1).replace('1.000000', 'one'))).toThrow(
    'found one, expected a number',
  );
});
