import { build, HistogramLogReader, listTags } from 'hdr-histogram-js';
import { expect, test } from 'vitest';
import { toHdr } from '../../../../src/report/hdr/hdr-histogram.ts';
import { hgrmText } from '../../../../src/report/hdr/hgrm.ts';
import { intervalLog, type LoggedTrial, tagOf } from '../../../../src/report/hdr/interval-log.ts';
import { isTold, METRICS } from '../../../../src/report/hdr/metric.ts';
import { sumOf } from '../../../../src/stats/blocks.ts';
import { MAX_US } from '../../../../src/stats/buckets.ts';
import { Histogram } from '../../../../src/stats/histogram.ts';
import { Outcome } from '../../../../src/stats/outcome.ts';
import { cellOf, latencyBelow, openPhase } from '../../../support/cells.ts';
import { evidenceOf, request } from '../../../support/evidence.ts';

/** Microseconds over five decades, the last at the end of the range. */
const VALUES = [...Array.from({ length: 500 }, (_, i) => Math.round(1.03 ** i)), MAX_US];

const recorded = (values: readonly number[]): Histogram => {
  const histogram = new Histogram();
  for (const us of values) histogram.record(us * 1000);
  return histogram;
};

/** As a user of hdr-histogram-js would record them. */
const asRecorded = (values: readonly number[]) => {
  const hdr = build({ lowestDiscernibleValue: 1, highestTrackableValue: MAX_US, numberOfSignificantValueDigits: 3 });
  for (const us of values) hdr.recordValue(us);
  return hdr;
};

const cell = cellOf([openPhase('load', 100, 20)], [latencyBelow(0.95, 100)]);
const requests = Array.from({ length: 2000 }, (_, i) =>
  request(i * 10, { service: 1 + (i % 97) / 7 }, i % 100 === 0 ? { outcome: Outcome.targetError } : {}),
);
const evidence = evidenceOf(cell, requests);
const logged: LoggedTrial = {
  name: cell.id,
  zeroMs: Date.UTC(2026, 10, 22, 5, 18, 8, 500),
  phases: cell.phases,
  slots: evidence.slots,
};
const origin = { runId: '20261122T051800Z-sample-7f3a', trial: cell.id };

test('every percentile is that of a histogram into which the same values were recorded', () => {
  const [ours, theirs] = [toHdr(recorded(VALUES)), asRecorded(VALUES)];
  for (const p of [0, 1, 50, 90, 99, 99.9, 100])
    expect(ours.getValueAtPercentile(p)).toBe(theirs.getValueAtPercentile(p));
  expect([ours.totalCount, ours.maxValue]).toEqual([theirs.totalCount, theirs.maxValue]);
});

test('a hgrm file is the distribution that hdr-histogram-js prints of the same requests, below comments', () => {
  const values = requests
    .filter((_, i) => i % 100 !== 0)
    .map(({ completedNs, intendedNs }) => Math.round((completedNs - intendedNs) / 1000));
  const text = hgrmText(sumOf(evidence.slots.flat()), 'response', origin);
  const [first, second, ...rest] = text.split('\n');
  expect(first).toBe('# run 20261122T051800Z-sample-7f3a, target/load: response in ms, measure phases');
  expect(second).toMatch(
    /^# 20 of 2000 scheduled requests failed, were shed or never ended: they are not in this histogram/,
  );
  expect(rest.join('\n')).toBe(asRecorded(values).outputPercentileDistribution(5, 1000));
});

test('the gaps between events are exported as gaps, and the comment counts those that never ended', () => {
  const streamed = evidenceOf(
    cell,
    Array.from({ length: 100 }, (_, i) =>
      request(
        i * 100,
        { service: 45 },
        i === 0 ? { outcome: Outcome.targetError, eventsMs: [20, 30] } : { eventsMs: [20, 30, 44] },
      ),
    ),
  );
  const whole = sumOf(streamed.slots.flat());
  const [, comment, ...rest] = hgrmText(whole, 'betweenEvents', origin).split('\n');
  expect(comment).toMatch(/^# 1 of 200 gaps never ended, one of each started request that was not ok: they are not in/);
  const gaps = [...Array.from({ length: 100 }, () => 10_000), ...Array.from({ length: 99 }, () => 14_000)];
  expect(rest.join('\n')).toBe(asRecorded(gaps).outputPercentileDistribution(5, 1000));
  expect(hgrmText(whole, 'firstEvent', origin)).toMatch(/\n# 1 of 100 scheduled requests failed/);
});

test('latencies of events are told where answers stream them alone', () => {
  const whole = sumOf(evidence.slots.flat());
  expect(METRICS.filter((metric) => isTold(whole, metric))).toEqual(['response', 'service', 'wait', 'lag']);
});

test('where every request is in the histogram, no comment says that some are not', () => {
  expect(
    hgrmText(sumOf(evidence.slots.flat()), 'lag', origin)
      .split('\n')
      .filter((line) => /^# /.test(line)),
  ).toHaveLength(1);
});

test('an interval log decodes to the counts of every slot at its instant, with its tag', () => {
  const content = [...intervalLog(origin.runId, 'response', [logged])].join('');
  expect(listTags(content)).toEqual(['target/load']);
  const reader = new HistogramLogReader(content);
  const slots = evidence.slots.flat();
  for (const [second, tally] of slots.entries()) {
    const hdr = reader.nextIntervalHistogram();
    if (hdr === null) throw new Error(`no histogram for second ${second}`);
    expect(hdr.tag).toBe('target/load');
    expect([hdr.startTimeStampMsec, hdr.endTimeStampMsec]).toEqual([
      logged.zeroMs + second * 1000,
      logged.zeroMs + second * 1000 + 1000,
    ]);
    expect(hdr.totalCount).toBe(tally.response.total);
    expect(hdr.getValueAtPercentile(99)).toBe(toHdr(tally.response).getValueAtPercentile(99));
  }
  expect(reader.nextIntervalHistogram()).toBeNull();
});

test('trials follow one another with tags of their own, and the log starts with the earliest', () => {
  const later = { ...logged, name: 'target/load[batch=1,workers=2] trial 2', zeroMs: logged.zeroMs + 60_000 };
  const content = [...intervalLog(origin.runId, 'service', [later, logged])].join('');
  expect(listTags(content).sort()).toEqual(['target/load', 'target/load[batch=1;workers=2]_trial_2']);
  expect(content).toContain(`#[StartTime: ${logged.zeroMs / 1000}00 (seconds since epoch)]`);
});

test('a tag has neither comma nor blank', () => {
  expect(tagOf('a/b[x=1,y=2] trial 3')).toBe('a/b[x=1;y=2]_trial_3');
});

test('a second in which nothing was scheduled has no line, one in which all failed has an empty histogram', () => {
  const failing = evidenceOf(cell, [request(500, {}, { outcome: Outcome.targetError }), request(2500)]);
  const lines = [...intervalLog(origin.runId, 'response', [{ ...logged, slots: failing.slots }])].filter((line) =>
    line.startsWith('Tag='),
  );
  expect(lines.map((line) => line.split(',').slice(1, 4))).toEqual([
    ['1795324688.500', '1.000', '0.000'],
    ['1795324690.500', '1.000', '1.000'],
  ]);
});
