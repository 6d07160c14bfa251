import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ClockSync } from '../../../src/agent/clock-sync.ts';

const AHEAD = 3_000_000_000n;

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

/** A clock that moves 1 µs per reading, and a coordinator that answers what it is sent when told to. */
function syncing(line: { open: boolean } = { open: true }) {
  let now = 0n;
  const monotonic = (): bigint => {
    now += 1000n;
    return now;
  };
  const probes: bigint[] = [];
  const sync = new ClockSync(monotonic, { send: (t1) => probes.push(t1), isOpen: () => line.open });
  const answer = (t1 = probes.at(-1) ?? 0n): void => {
    const at = monotonic() + AHEAD;
    sync.answered({ t1, t2: at, t3: at });
  };
  const answerAll = (): void => {
    for (let answered = 0; answered < probes.length; answered++) answer(probes[answered]);
  };
  return { sync, probes, answer, answerAll, line };
}

test('the first burst has eight probes, each sent when the one before it is answered', () => {
  const { sync, probes, answer } = syncing();
  sync.begin();
  expect(probes.length).toBe(1);
  for (let i = 0; i < 8; i++) answer();
  expect(probes.length).toBe(8);
  expect(sync.finding()?.offsetNs).toBe(AHEAD);
  sync.close();
});

test('bursts follow soon after the first, then every ten seconds, while the line is open', () => {
  const { sync, probes, answerAll, line } = syncing();
  sync.begin();
  answerAll();
  const countAfter = (ms: number): number => {
    const before = probes.length;
    vi.advanceTimersByTime(ms);
    answerAll();
    return probes.length - before;
  };
  expect([countAfter(250), countAfter(250), countAfter(500), countAfter(1000)]).toEqual([4, 4, 4, 4]);
  expect(countAfter(8000)).toBe(4);
  expect(countAfter(10_000)).toBe(4);
  line.open = false;
  expect(countAfter(30_000)).toBe(0);
  sync.close();
});

test('an answer to a probe of a broken stream counts for nothing', () => {
  const { sync, probes, answer } = syncing();
  sync.begin();
  sync.begin();
  answer(probes[0]);
  expect(sync.finding()).toBeNull();
  answer(probes[1]);
  expect(sync.finding()).not.toBeNull();
  sync.close();
});

test('the last burst tells when it is over, and no other follows', () => {
  const { sync, probes, answerAll } = syncing();
  sync.begin();
  answerAll();
  const finished = vi.fn();
  sync.finish(finished);
  expect(finished).not.toHaveBeenCalled();
  answerAll();
  expect(finished).toHaveBeenCalledOnce();
  const sent = probes.length;
  vi.advanceTimersByTime(60_000);
  expect(probes.length).toBe(sent);
});
