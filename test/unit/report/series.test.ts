import { expect, test } from 'vitest';
import { seriesCsv } from '../../../src/report/series.ts';
import { ns } from '../../../src/time/ns.ts';

test('a series has one row per second, all digits, and nothing where there is no value', () => {
  const second = {
    atNs: ns(-2e9),
    offered: 50,
    started: 50,
    achieved: 49,
    failed: 1,
    inFlight: 0,
    p50: 5.132000000000001,
    p95: null,
    p99: null,
    lagP99: 0.026,
    steal: 0,
    throttledUs: null,
    loopDelayP99Ms: 0.5,
    cpu: 0.4,
    rssBytes: 67108864,
  };
  expect(seriesCsv([second, { ...second, atNs: ns(-1e9) }])).toBe(
    'tMs,offered,started,achieved,failed,inFlight,p50,p95,p99,lagP99,cpu,steal,throttledUs,rssBytes\n' +
      '-2000,50,50,49,1,0,5.132000000000001,,,0.026,0.4,0,,67108864\n' +
      '-1000,50,50,49,1,0,5.132000000000001,,,0.026,0.4,0,,67108864\n',
  );
});

test('events have columns of their own where answers stream', () => {
  const second = {
    ...{ atNs: ns(0), offered: 1, started: 1, achieved: 1, failed: 0, inFlight: 0, p50: 9, p95: 9, p99: 9, lagP99: 0 },
    ...{ steal: null, throttledUs: null, cpu: null, rssBytes: null, loopDelayP99Ms: null },
  };
  const stream = { firstEventP95: 4.5, betweenEventsP95: null };
  const [heading, ...rows] = seriesCsv([second, { ...second, stream }]).split('\n');
  expect(heading).toMatch(/,firstEventP95,betweenEventsP95$/);
  expect(rows.slice(0, 2)).toEqual(['0,1,1,1,0,0,9,9,9,0,,,,,,', '0,1,1,1,0,0,9,9,9,0,,,,,4.5,']);
});
