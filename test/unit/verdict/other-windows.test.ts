import { expect, test } from 'vitest';
import { milliseconds, seconds } from '../../../src/time/ns.ts';
import { judgeObjectives } from '../../../src/verdict/judge-objective.ts';
import { countsWindowsOf, sealedUnder } from '../../../src/verdict/other-windows.ts';
import { trialView } from '../../../src/verdict/trial-view.ts';
import { cellOf, errorsBelow, latencyBelow, openPhase, overWindow } from '../../support/cells.ts';
import { evidenceOf, request } from '../../support/evidence.ts';
import { sealedSeconds } from '../../support/sealed.ts';

const p95 = latencyBelow(0.95, 100);
const own = cellOf([openPhase('load', 100, 60)], [latencyBelow(0.99, 500), overWindow(p95, seconds(10))]);
/** Healthy for 40 s, then a third of the requests over 100 ms. Counted: over 500 ms, over 100 ms. */
const sealed = [...sealedSeconds(0, 40, { quick: 100 }), ...sealedSeconds(40, 20, { quick: 65, slow: 35 })].map(
  (second) => ({
    ...second,
    phases: second.phases.map(({ phase, tally }) => {
      const both = Object.assign(Object.create(tally), { over: [0, tally.over[0]], overLessLag: [0, tally.over[0]] });
      return { phase, tally: both };
    }),
  }),
);

function judgedBy(...objectives: (typeof p95)[]) {
  const other = { ...own, objectives };
  const evidence = evidenceOf(other, [request(500)], { sealed: sealedUnder(own, objectives, sealed) });
  return judgeObjectives(other, [trialView(other, evidence)], 'x');
}

test('a window of another length and share is judged on the limit that the run counted', () => {
  const [found] = judgedBy(overWindow(p95, seconds(5)));
  expect(found?.result.verdict).toBe('fail');
  expect(found?.result.window?.startMs).toBeGreaterThan(34_000);
  expect(judgedBy(overWindow(latencyBelow(0.5, 100), seconds(5)))[0]?.result.verdict).toBe('pass');
});

test('counts are found again in whatever order other objectives have their limits', () => {
  const [, second] = judgedBy(latencyBelow(0.99, 200), overWindow(p95, seconds(5)));
  expect(second?.result).toMatchObject({ verdict: 'fail', window: { kind: 'share' } });
});

test('what was older than a limit at the end of a second is found again too', () => {
  const two = { ...own, objectives: [overWindow(errorsBelow(0.05), seconds(5)), overWindow(p95, seconds(10))] };
  const [first] = sealedSeconds(0, 1, { quick: 1 });
  const counted = first === undefined ? [] : [{ ...first, overdue: [3, 7], overdueLessLag: [2, 5] }];
  expect(sealedUnder(two, [overWindow(p95, seconds(2))], counted)).toMatchObject([
    { overdue: [7], overdueLessLag: [5] },
  ]);
});

test('windows against a limit that the run counted none against cannot be told', () => {
  expect(countsWindowsOf(own, overWindow(p95, seconds(3)))).toBe(true);
  expect(countsWindowsOf(own, overWindow(latencyBelow(0.95, 100, 'service'), seconds(3)))).toBe(false);
  expect(countsWindowsOf(own, overWindow({ ...p95, limit: milliseconds(200) }, seconds(3)))).toBe(false);
  expect(countsWindowsOf(own, overWindow(errorsBelow(0.05), seconds(3)))).toBe(false);
  // It counts requests over 500 ms, but none that is older than that at the end of a second.
  expect(countsWindowsOf(own, overWindow(latencyBelow(0.99, 500), seconds(3)))).toBe(false);
});
