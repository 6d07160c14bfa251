import { createLogUpdate } from 'log-update';
import { expect, test } from 'vitest';
import { openProgress, PictureProgress, PlainProgress, paintFor } from '../../../src/cli/progress.ts';
import { durationText, sparkline } from '../../../src/cli/progress-view.ts';
import type { LiveSecond, ProgressEvent, TrialPosition } from '../../../src/coordinator/progress-events.ts';
import { ansi, plain } from '../../../src/report/layout.ts';

const at: TrialPosition = { cellId: 'classifier/load', index: 1, of: 3, trial: 1, trials: 1, attempt: 1 };
const live = (fields: Partial<LiveSecond> = {}): LiveSecond => ({
  phase: 'load',
  purpose: 'measure',
  offered: 120,
  achieved: 118,
  p50: 7.9,
  p95: 11.42,
  p99: 15.2,
  failed: 0,
  inFlight: 2,
  phaseLeftS: 12,
  runLeftS: 65,
  ...fields,
});
const second = (fields: Partial<LiveSecond> = {}): ProgressEvent => ({ kind: 'second', at, live: live(fields) });

/** A terminal that understands what log-update writes: cursor up, down, to the left; erase a line, its rest, all below. */
class Terminal {
  readonly isTTY = true;
  readonly columns = 100;
  readonly rows = 24;
  #lines: string[] = [''];
  #row = 0;
  #column = 0;

  write(text: string): boolean {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal reads control characters
    const tokens = text.matchAll(/\u001b\[\??(\d*)([A-Za-z])|\n|[^\u001b\n]+/g);
    for (const [token, amount, command] of tokens) this.#obey(token, command, amount ?? '');
    return true;
  }

  get screen(): string[] {
    return this.#lines.map((line) => line.trimEnd());
  }

  #obey(token: string, command: string | undefined, amount: string): void {
    const line = this.#lines[this.#row] ?? '';
    switch (command) {
      case undefined:
        if (token === '\n') this.#down(1, 0);
        else this.#type(line, token);
        break;
      case 'A':
        this.#row = Math.max(0, this.#row - Number(amount || 1));
        break;
      case 'B':
        this.#down(Number(amount || 1), this.#column);
        break;
      case 'G':
        this.#column = 0;
        break;
      case 'J':
        this.#lines.length = this.#row + 1;
        break;
      case 'K':
        this.#lines[this.#row] = amount === '2' ? '' : line.slice(0, this.#column);
        break;
    }
  }

  #type(line: string, text: string): void {
    const before = line.slice(0, this.#column).padEnd(this.#column);
    this.#lines[this.#row] = before + text + line.slice(this.#column + text.length);
    this.#column += text.length;
  }

  #down(by: number, column: number): void {
    this.#row += by;
    this.#column = column;
    while (this.#lines.length <= this.#row) this.#lines.push('');
  }
}

test('the picture stays in place and shows the last second', () => {
  const terminal = new Terminal();
  const progress = new PictureProgress(createLogUpdate(terminal as never, { showCursor: true }), plain);
  progress.show({ kind: 'waiting', registered: 1, of: 2 });
  expect(terminal.screen).toEqual(['waiting for agents: 1 of 2 registered', '']);
  progress.show({ kind: 'preparing', at });
  progress.show(second());
  progress.show(second({ achieved: 59, p95: 22.84, failed: 3, phaseLeftS: 11, runLeftS: 64 }));
  expect(terminal.screen).toEqual([
    '[1/3] classifier/load   run 1 min 04 s left',
    '  load 11 s left',
    '  offered 120.0/s  achieved 59.00/s  in flight 2  failed 3   █▅',
    '  P50 7.900  P95 22.84  P99 15.20 ms   ▅█',
    '',
  ]);
});

test('a fault scrolls by above the picture, and nothing of the picture is left when it is closed', () => {
  const terminal = new Terminal();
  const progress = new PictureProgress(createLogUpdate(terminal as never, { showCursor: true }), plain);
  progress.show(second());
  progress.show({ kind: 'fault', message: 'agent-1: its runner ended by SIGABRT' });
  progress.show(second());
  expect(terminal.screen[0]).toBe('fault: agent-1: its runner ended by SIGABRT');
  expect(terminal.screen[1]).toBe('[1/3] classifier/load   run 1 min 05 s left');
  progress.close();
  progress.close();
  progress.show(second());
  terminal.write('the table\n');
  expect(terminal.screen.filter((line) => line !== '')).toEqual([
    'fault: agent-1: its runner ended by SIGABRT',
    'the table',
  ]);
});

test('elsewhere there is a line for each state, for each phase and every five seconds', () => {
  const lines: string[] = [];
  const progress = new PlainProgress({ write: (text) => lines.push(text) });
  progress.show({ kind: 'calibrating', driver: 'in-process', node: 'n1', pacing: 'precise', workers: 1, vus: null });
  progress.show({ kind: 'calibrated', node: 'n1', ageS: 7200, ceilingPerSecond: 251_234.5, lagP99Ms: 0.08, ok: false });
  for (let s = 0; s < 2; s++)
    progress.show(second({ phase: 'warmup', purpose: 'warmup', p50: null, p95: null, p99: null }));
  for (let s = 20; s > 8; s--) progress.show(second({ phaseLeftS: s, runLeftS: s }));
  progress.show({ kind: 'draining', at, inFlight: 4, leftS: 10 });
  progress.show({ kind: 'draining', at, inFlight: 2, leftS: 9 });
  progress.show({ kind: 'trial-ended', at });
  progress.close();
  const rates = 'offered 120.0/s, achieved 118.0/s';
  const latency = 'P50 7.900  P95 11.42  P99 15.20 ms';
  expect(lines).toEqual([
    'calibrating the harness on n1 (precise, 1 worker)\n',
    'calibrated on n1: up to 251,235/s, lag P99 0.080 ms, from 2 h 00 min ago; a known answer came out wrong\n',
    `[1/3] classifier/load: warm-up: ${rates}, P50 -  P95 -  P99 - ms, failed 0, in flight 2, run 1 min 05 s left\n`,
    `[1/3] classifier/load: load: ${rates}, ${latency}, failed 0, in flight 2, run 20 s left\n`,
    `[1/3] classifier/load: load: ${rates}, ${latency}, failed 0, in flight 2, run 15 s left\n`,
    `[1/3] classifier/load: load: ${rates}, ${latency}, failed 0, in flight 2, run 10 s left\n`,
    '[1/3] classifier/load: load is over, waiting for 4 in flight, at most 10.00 s\n',
    '[1/3] classifier/load: done\n',
  ]);
});

test('colour is for terminals that can, unless NO_COLOR says no', () => {
  expect(paintFor({ isTTY: true }, {})).toBe(ansi);
  expect(paintFor({ isTTY: true }, { NO_COLOR: '' })).toBe(ansi);
  expect(paintFor({ isTTY: true }, { NO_COLOR: '1' })).toBe(plain);
  expect(paintFor({ isTTY: true }, { TERM: 'dumb' })).toBe(plain);
  expect(paintFor({}, {})).toBe(plain);
});

test('a dumb terminal and a file get plain lines', async () => {
  for (const stream of [{ isTTY: true }, {}]) {
    expect(await openProgress(stream as NodeJS.WriteStream, { TERM: 'dumb' })).toBeInstanceOf(PlainProgress);
  }
  const terminal = new Terminal() as unknown as NodeJS.WriteStream;
  expect(await openProgress(terminal, { TERM: 'xterm' })).toBeInstanceOf(PictureProgress);
});

test.each([
  [0.2, '1 s'],
  [59, '59 s'],
  [245, '4 min 05 s'],
  [7800, '2 h 10 min'],
])('%d seconds read %s', (seconds, text) => {
  expect(durationText(seconds)).toBe(text);
});

test('a sparkline starts at zero and leaves a gap where nothing is known', () => {
  expect(sparkline([0, 50, null, 100])).toBe('▁▅ █');
  expect(sparkline([0, 0])).toBe('▁▁');
  expect(sparkline([])).toBe('');
});

test('a level of a search says what it is for, its rate, and how many may come after it', () => {
  const lines: string[] = [];
  const progress = new PlainProgress({ write: (text) => lines.push(text) });
  const level = { stage: 'narrow', rate: 213.4, atMost: 19 } as const;
  progress.show({ kind: 'preparing', at: { ...at, trial: 9, trials: 31, level } });
  progress.show({ kind: 'trial-ended', at: { ...at, trials: 31, level: { ...level, stage: 'confirm', atMost: 0 } } });
  expect(lines).toEqual([
    '[1/3] classifier/load, looking inside the bracket at 213.4/s, at most 19 more levels: opening the target\n',
    '[1/3] classifier/load, confirming the lower bound at 213.4/s, the last level: done\n',
  ]);
});
