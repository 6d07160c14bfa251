import type { MessageInitShape } from '@bufbuild/protobuf';
import { type Metric as Exposed, Gauge, type Registry } from 'prom-client';
import type { Histogram } from '../../stats/histogram.ts';
import { BinaryWriter, create, toBinary } from '../protobuf.ts';
import { classicCounts, FoldedHistogram, LATENCY_BUCKETS, sumOf } from './folded-histogram.ts';
import { type HistogramSchema, MetricFamilySchema, type MetricSchema } from './gen/metrics_pb.ts';
import { NATIVE_SCHEMA, nativeBuckets, ZERO_THRESHOLD } from './native-histogram.ts';

/** What a page of {@link protobufPage} calls itself: families of metrics, each behind its length. */
export const PROTOBUF_TYPE =
  'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited';

/** Types of families as numbers, from io.prometheus.client.MetricType. */
const COUNTER = 0;
const GAUGE = 1;
const HISTOGRAM = 4;

type Fields = MessageInitShape<typeof MetricSchema>;

/**
 * Whether a client that accepts these types would rather have protobuf than text, by the weights that it gives. One that
 * says nothing of protobuf gets text.
 */
export function prefersProtobuf(accept: string | undefined): boolean {
  const ranges = (accept ?? '').toLowerCase().split(',').map(rangeOf);
  const weight = (of: (range: Range) => boolean): number => Math.max(0, ...ranges.filter(of).map(({ q }) => q));
  const protobuf = weight(
    ({ type, parameters }) =>
      type === 'application/vnd.google.protobuf' &&
      parameters.get('proto') === 'io.prometheus.client.metricfamily' &&
      parameters.get('encoding') === 'delimited',
  );
  return protobuf > 0 && protobuf >= weight(({ type }) => type === 'text/plain');
}

interface Range {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
  /** 0 to 1. */
  readonly q: number;
}

function rangeOf(text: string): Range {
  const [type = '', ...rest] = text.split(';').map((part) => part.trim());
  const parameters = new Map(
    rest.map((part) => {
      const [name = '', value = ''] = part.split('=').map((side) => side.trim());
      return [name, value.replaceAll('"', '')] as const;
    }),
  );
  const q = Number(parameters.get('q') ?? 1);
  return { type, parameters, q: q >= 0 && q <= 1 ? q : 0 };
}

/** All metrics of a registry in Prometheus' protobuf form, histograms in classic buckets and in native ones. */
export async function protobufPage(registry: Registry): Promise<Uint8Array> {
  const page = new BinaryWriter();
  for (const { name } of registry.getMetricsAsArray()) {
    const exposed = registry.getSingleMetric(name);
    const { type, metric } = exposed === undefined ? NOTHING : await familyOf(exposed);
    if (exposed === undefined || metric.length === 0) continue;
    const { help } = await exposed.get();
    page.bytes(toBinary(MetricFamilySchema, create(MetricFamilySchema, { name, help, type, metric })));
  }
  return page.finish();
}

interface Family {
  readonly type: number;
  readonly metric: Fields[];
}

const NOTHING: Family = { type: GAUGE, metric: [] };

async function familyOf(exposed: Exposed): Promise<Family> {
  if (exposed instanceof FoldedHistogram) {
    const cells = [...exposed.byCell];
    const metric = cells.map(([cell, counted]) => ({ ...labelled({ cell }), histogram: histogramOf(counted) }));
    return { type: HISTOGRAM, metric };
  }
  const { values } = await exposed.get();
  if (exposed instanceof Gauge) {
    return { type: GAUGE, metric: values.map(({ labels, value }) => ({ ...labelled(labels), gauge: { value } })) };
  }
  return { type: COUNTER, metric: values.map(({ labels, value }) => ({ ...labelled(labels), counter: { value } })) };
}

const labelled = (labels: Readonly<Record<string, string | number | undefined>>): Pick<Fields, 'label'> => ({
  label: Object.entries(labels).map(([name, value]) => ({ name, value: String(value ?? '') })),
});

function histogramOf(counted: Histogram): MessageInitShape<typeof HistogramSchema> {
  const { zeroCount, spans, deltas } = nativeBuckets(counted);
  return {
    sampleCount: BigInt(counted.total),
    sampleSum: sumOf(counted),
    bucket: classicCounts(counted).map((count, place) => ({
      cumulativeCount: BigInt(count),
      upperBound: LATENCY_BUCKETS[place] ?? Number.POSITIVE_INFINITY,
    })),
    schema: NATIVE_SCHEMA,
    zeroThreshold: ZERO_THRESHOLD,
    zeroCount: BigInt(zeroCount),
    positiveSpan: spans.map((span) => ({ ...span })),
    positiveDelta: deltas.map(BigInt),
  };
}
