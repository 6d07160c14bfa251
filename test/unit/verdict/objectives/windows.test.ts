import { expect, test } from 'vitest';
import { ns, seconds } from '../../../../src/time/ns.ts';
import { judgeObjectives } from '../../../../src/verdict/judge-objective.ts';
import { judgeTogether } from '../../../../src/verdict/trial-verdict.ts';
import { trialView } from '../../../../src/verdict/trial-view.ts';
import type { SealedSecond } from '../../../../src/verdict/window/sealed-second.ts';
import { cellOf, errorsBelow, latencyBelow, openPhase, overWindow } from '../../../support/cells.ts';
import { evidenceOf, request } from '../../../support/evidence.ts';
import { sealed, sealedSeconds } from '../../../support/sealed.ts';

const text = 'response.p95 < 100ms over 10s';
const objective = { ...overWindow(latencyBelow(0.95, 100), seconds(10)), text };
const cell = cellOf([openPhase('load', 100, 60)], [objective]);

/** One request is enough: windows are judged on the seconds. */
const evidence = (all: readonly SealedSecond[], more = {}) =>
  evidenceOf(cell, [request(500)], { sealed: all, ...more });

const judge = (...trials: (readonly SealedSecond[])[]) =>
  judgeObjectives(
    cell,
    trials.map((all) => trialView(cell, evidence(all))),
    'x',
  )[0];

const healthy = (fromS: number, count: number) => sealedSeconds(fromS, count, { quick: 97, slow: 3 });
const outage = [...healthy(0, 40), ...sealedSeconds(40, 5, { quick: 50, slow: 50 }), ...healthy(45, 15)];

test('the first window that breaches fails the objective, and is shown with its seconds, share and bound', () => {
  const found = judge(outage);
  expect(found).toMatchObject({ decision: 'fail', lessLag: 'fail', byBounds: false, decides: true });
  expect(found?.result).toMatchObject({
    verdict: 'fail',
    unit: 'ms',
    limit: 100,
    over: { count: 77, of: 1000 },
    window: { kind: 'share', startMs: 31_000, endMs: 41_000, over: 77, of: 1000 },
    reason: { code: 'objective-missed', where: 'x' },
  });
  expect(found?.result.observed).toMatchObject({ method: 'observed' });
  expect(found?.result.observed.value).toBeCloseTo(1000, -1);
  expect(found?.result.reason?.message).toMatch(
    /^response.p95 < 100ms over 10s is missed: from 31 s to 41 s 77 of 1000 requests \(7.7 %\) took 100 ms or longer, or failed \(at least 5\.\d+ % at confidence 0.998\d*\)\.$/,
  );
});

test('a hang is shown as one', () => {
  const { result } = judge([...healthy(0, 5), ...sealedSeconds(5, 3, { overdue: 90 })]) ?? {};
  expect(result?.window).toMatchObject({ kind: 'hang', endMs: 7000, low: null, confidence: null });
  expect(result?.observed).toMatchObject({ value: null, reason: 'censored' });
  expect(result?.reason?.message).toContain('nothing was answered in the two seconds up to 7 s, while 90 requests');
});

test('without a breach the window with the largest share is shown', () => {
  const found = judge([...healthy(0, 40), sealed(40, { quick: 90, slow: 10 }), ...healthy(41, 19)]);
  expect(found).toMatchObject({ decision: 'pass', lessLag: 'pass' });
  expect(found?.result).toMatchObject({ window: null, over: { count: 37, of: 1000 }, reason: null });
});

test('any trial’s window fails all, and one judged window is enough to pass', () => {
  expect(judge(healthy(0, 60), outage)?.decision).toBe('fail');
  expect(judge(healthy(0, 60), healthy(0, 20))?.decision).toBe('pass');
});

test('where no window could be judged nothing is told, and how long it would take is said', () => {
  const short = cellOf([openPhase('load', 100, 24)], [objective]);
  const view = trialView(short, evidenceOf(short, [request(500)], { sealed: healthy(0, 24) }));
  const [found] = judgeObjectives(short, [view], 'x');
  expect(found?.result).toMatchObject({ verdict: 'inconclusive', needs: { seconds: 6 }, window: null });
  expect(found?.result.reason?.hint).toContain('at least 30 s');
  expect(judgeObjectives(short, [], 'x')[0]?.decision).toBe('inconclusive');
});

test('of errors the share itself is shown', () => {
  const errors = overWindow(errorsBelow(0.05), seconds(10));
  const failing = cellOf([openPhase('load', 100, 60)], [errors, latencyBelow(0.95, 100)]);
  const all = [...healthy(0, 40), ...sealedSeconds(40, 20, { quick: 70, failed: 30 })];
  const [found] = judgeObjectives(failing, [trialView(failing, evidence(all))], 'x');
  expect(found?.result).toMatchObject({ verdict: 'fail', unit: 'ratio', window: { kind: 'share' } });
  expect(found?.result.observed.value).toBeCloseTo((found?.result.over?.count ?? 0) / (found?.result.over?.of ?? 1));
  expect(found?.result.reason?.message).toMatch(/requests \([\d.]+ %\) failed \(/);
});

test('windows end with the load: the drain, a warm-up, and what comes after a stop are not looked at', () => {
  const bad = (fromS: number, count: number) => sealedSeconds(fromS, count, { slow: 50, overdue: 50 });
  const all = [sealed(-1, { overdue: 99 }), ...healthy(0, 60), ...bad(60, 9)];
  expect(trialView(cell, evidence(all)).sealed).toHaveLength(60);
  expect(judge(all)?.decision).toBe('pass');
  const stop = { atNs: seconds(35.6), cause: 'interrupt' } as const;
  expect(trialView(cell, evidence(all, { stop })).sealed.at(-1)?.startNs).toBe(seconds(35));
});

test('a phase that lasts until it is done has windows to its end', () => {
  const phase = {
    ...openPhase('closed', 100, 60),
    load: { kind: 'closed', inFlight: 4, thinkNs: ns(0), atLeast: 9000 },
  } as const;
  const closed = cellOf([phase], [objective]);
  const view = trialView(closed, evidenceOf(closed, [request(500)], { sealed: [...healthy(0, 60), ...outage] }));
  expect(view.sealed).toHaveLength(120);
});

test('a breach that falls into seconds that the host took away leaves the verdict open', () => {
  const made = evidence(outage);
  const row = made.seconds[0];
  if (row === undefined) throw new Error('unreachable');
  const seconds60 = Array.from({ length: 60 }, (_, i) => ({ ...row, atNs: seconds(i), steal: i === 41 ? 0.2 : 0 }));
  expect(judgeTogether(cell, [made], 'x').decision).toBe('fail');
  // Every window that shows the outage holds a stolen second; with second 41 alone the first one does not.
  const stolen = seconds60.map((each) => ({
    ...each,
    steal: each.atNs >= seconds(40) && each.atNs < seconds(45) ? 0.2 : 0,
  }));
  const noisy = judgeTogether(cell, [{ ...made, seconds: stolen }], 'x');
  expect(noisy).toMatchObject({ decision: 'inconclusive', reasons: [{ code: 'host-noise' }] });
  expect(judgeTogether(cell, [{ ...made, seconds: seconds60 }], 'x').decision).toBe('fail');
});
