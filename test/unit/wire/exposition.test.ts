import { fromBinary } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { numberReading } from '../../../src/gpu/reading.ts';
import { Histogram } from '../../../src/stats/histogram.ts';
import { IntervalSchema } from '../../../src/wire/gen/loadcell/v1/fleet_pb.ts';
import { encodeHistogram } from '../../../src/wire/interval-codec.ts';
import { prefersProtobuf, protobufPage } from '../../../src/wire/metrics/exposition.ts';
import { type MetricFamily, MetricFamilySchema } from '../../../src/wire/metrics/gen/metrics_pb.ts';
import { LiveMetrics } from '../../../src/wire/metrics/live-metrics.ts';
import { create } from '../../../src/wire/protobuf.ts';
import { GPU } from '../../support/observed.ts';

const PROTOBUF = 'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited';

test.each([
  [undefined, false],
  ['', false],
  ['*/*', false],
  ['text/plain;version=0.0.4', false],
  // What Prometheus 2.42 sends with native histograms switched on, and without.
  [`${PROTOBUF},application/openmetrics-text;version=1.0.0;q=0.8,text/plain;version=0.0.4;q=0.5,*/*;q=0.1`, true],
  [
    'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1',
    false,
  ],
  // Later versions give each a weight.
  [`${PROTOBUF};q=0.6,application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=1.0.0;q=0.3,*/*;q=0.2`, true],
  [`${PROTOBUF};q=0.3,text/plain;version=0.0.4;q=0.5`, false],
  [`${PROTOBUF};q=0`, false],
  [`${PROTOBUF};q=rubbish`, false],
  ['Application/Vnd.Google.Protobuf; Proto="io.prometheus.client.MetricFamily"; encoding="delimited"', true],
  ['application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=text', false],
  ['application/vnd.google.protobuf', false],
])('accepting %s is answered in protobuf: %s', (accept, answer) => {
  expect(prefersProtobuf(accept)).toBe(answer);
});

/** Families as a reader finds them: each behind its length. */
function familiesOf(page: Uint8Array): readonly MetricFamily[] {
  const families: MetricFamily[] = [];
  let at = 0;
  while (at < page.length) {
    let length = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = page[at++] ?? 0;
      length += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    families.push(fromBinary(MetricFamilySchema, page.subarray(at, at + length)));
    at += length;
  }
  expect(at).toBe(page.length);
  return families;
}

function liveOf(): LiveMetrics {
  const response = new Histogram();
  for (const ms of [0, 4, 4, 40, 90_000]) response.record(ms * 1e6);
  const live = new LiveMetrics();
  const slot = { outcomes: [5, 2], response: encodeHistogram(response) };
  live.interval('a/b', create(IntervalSchema, { slots: [slot], phases: [{ offered: 7, started: 7 }], agent: 1 }));
  const readings = { 'power.draw': numberReading(70), energy: numberReading(100) };
  const samples = [{ source: 'nvml', device: GPU, atNs: 0, readings }] as const;
  live.block('n', {
    fromNs: 0,
    toNs: 1,
    samples,
    processes: null,
    cost: null,
    inventoryJson: '',
    pages: [],
    exporters: [],
  });
  live.host('n', { cpu: 0.5, cores: [0.25, 0.75] });
  return live;
}

test('a page in protobuf holds what the page in text does, value by value', async () => {
  const { registry } = liveOf();
  const families = familiesOf(await protobufPage(registry));
  const told = families.flatMap(({ name, metric }) =>
    metric.flatMap(({ label, counter, gauge, histogram }) => {
      const labels = label.map((pair) => `${pair.name}="${pair.value}"`).join(',');
      const line = (part: string, more: string, value: unknown): string => `${name}${part}{${labels}${more}} ${value}`;
      if (histogram === undefined) return [line('', '', (counter ?? gauge)?.value)];
      return [
        ...histogram.bucket.map(({ upperBound, cumulativeCount }) =>
          line('_bucket', `,le="${upperBound}"`, cumulativeCount),
        ),
        line('_bucket', ',le="+Inf"', histogram.sampleCount),
        line('_sum', '', histogram.sampleSum),
        line('_count', '', histogram.sampleCount),
      ];
    }),
  );
  const text = (await registry.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  expect(told.toSorted()).toEqual(text.toSorted());
  const types = new Map(families.map(({ name, type }) => [name, type]));
  expect(types.get('loadcell_requests_total')).toBe(0);
  expect(types.get('loadcell_gpu_power_draw_watts')).toBe(1);
  expect(types.get('loadcell_response_seconds')).toBe(4);
});

test('its histograms have native buckets beside the classic ones, from the same counts', async () => {
  const families = familiesOf(await protobufPage(liveOf().registry));
  const histogram = families.find(({ name }) => name === 'loadcell_response_seconds')?.metric[0]?.histogram;
  expect(histogram).toMatchObject({ schema: 5, zeroThreshold: 5e-7, zeroCount: 1n, sampleCount: 5n });
  expect(histogram?.positiveSpan.map(({ length }) => length)).toEqual([1, 1, 1]);
  expect(histogram?.positiveDelta).toEqual([2n, -1n, 0n]);
});
