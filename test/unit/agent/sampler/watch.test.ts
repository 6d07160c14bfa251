import { describe, expect, test } from 'vitest';
import {
  type Loss,
  NO_SAMPLER,
  SILENCE_NS,
  START_NS,
  type Watch,
  type WatchCommand,
  type WatchEvent,
  watch,
} from '../../../../src/agent/sampler/watch.ts';

function play(...events: readonly WatchEvent[]): { state: Watch; commands: WatchCommand[] } {
  let state: Watch = NO_SAMPLER;
  const commands: WatchCommand[] = [];
  for (const event of events) {
    const [next, more] = watch(state, event);
    state = next;
    commands.push(...more);
  }
  return { state, commands };
}

const begin: WatchEvent = { kind: 'begin', atNs: 0 };
const block = (s: number, from = s - 1): WatchEvent => ({ kind: 'block', atNs: s * 1e9, fromNs: from * 1e9 });
const tickAt = (s: number): WatchEvent => ({ kind: 'tick', atNs: s * 1e9 });
const lossOf = ({ commands }: { commands: readonly WatchCommand[] }): Loss['reason'] | undefined =>
  commands.flatMap((command) => (command.kind === 'gap' ? [command.loss.reason] : []))[0];

describe('the watch over a sampler', () => {
  test('lets one that keeps its beat alone', () => {
    const { state, commands } = play(begin, block(1), tickAt(2), block(2), tickAt(4.4));
    expect(state.kind).toBe('on');
    expect(commands).toEqual([{ kind: 'start' }]);
  });

  test('kills one that misses two beats, and starts another after the gap', () => {
    const silent = 1 + SILENCE_NS / 1e9 + 0.1;
    const played = play(begin, block(1), tickAt(silent), tickAt(silent + 0.6));
    expect(played.commands.map(({ kind }) => kind)).toEqual(['start', 'kill', 'gap', 'start']);
    expect(lossOf(played)).toBe('hung');
    expect(played.commands[2]).toMatchObject({ fromNs: 1e9, toNs: (silent + 0.6) * 1e9 });
  });

  test('gives one that starts the time that its tools need', () => {
    expect(play(begin, tickAt(START_NS / 1e9 - 0.1)).state.kind).toBe('on');
    expect(play(begin, tickAt(START_NS / 1e9 + 0.1)).state.kind).toBe('lost');
  });

  test('tells apart one that was killed, ended, wrote rubbish or too much', () => {
    const exit = (by: 'signal' | 'code'): WatchEvent => ({ kind: 'exit', atNs: 2e9, how: 'was ended by SIGSEGV', by });
    expect(lossOf(play(begin, block(1), exit('signal'), tickAt(3)))).toBe('killed');
    expect(lossOf(play(begin, block(1), exit('code'), tickAt(3)))).toBe('ended');
    expect(lossOf(play(begin, block(1), { kind: 'rubbish', atNs: 2e9, message: 'x' }, tickAt(3)))).toBe('rubbish');
    const flood: WatchEvent = { kind: 'bytes', atNs: 1.5e9, count: 600_000 };
    expect(lossOf(play(begin, block(1), flood, flood, tickAt(3)))).toBe('flooding');
    expect(play(begin, block(1), flood, { ...flood, atNs: 3e9 }).state.kind).toBe('on');
  });

  test('waits longer with every sampler that is lost at once, and no longer once one has spoken', () => {
    let state: Watch = watch(NO_SAMPLER, begin)[0];
    const pauses: number[] = [];
    for (let at = 1, round = 0; round < 4; round++) {
      state = watch(state, { kind: 'exit', atNs: at * 1e9, how: 'ended', by: 'code' })[0];
      if (state.kind !== 'lost') throw new Error(state.kind);
      pauses.push((state.againNs - at * 1e9) / 1e9);
      at = state.againNs / 1e9;
      state = watch(state, tickAt(at))[0];
    }
    expect(pauses).toEqual([0.5, 1, 2, 4]);
    state = watch(state, block(100))[0];
    state = watch(state, { kind: 'exit', atNs: 101e9, how: 'ended', by: 'code' })[0];
    expect(state.kind === 'lost' && state.againNs).toBe(101.5e9);
  });

  const gapsOf = (...events: readonly WatchEvent[]) =>
    play(...events).commands.flatMap((command) =>
      command.kind === 'gap' ? [[command.fromNs / 1e9, command.toNs / 1e9, command.loss.reason]] : [],
    );
  const account = (s: number): WatchEvent => ({ kind: 'account', atNs: s * 1e9 });
  const killed = (s: number): WatchEvent => ({ kind: 'exit', atNs: s * 1e9, how: 'was ended', by: 'signal' });

  test('leaves no stretch between the last word of one and the first reading of the next unsaid', () => {
    expect(gapsOf(begin, block(1), killed(1.2), tickAt(1.7), block(4, 3))).toEqual([
      [1, 1.7, 'killed'],
      [1.7, 3, 'killed'],
    ]);
    expect(gapsOf(begin, block(1), killed(1.2), tickAt(1.7), killed(2), tickAt(3))).toEqual([
      [1, 1.7, 'killed'],
      [1.7, 3, 'killed'],
    ]);
  });

  test('says at the end of a trial what is not known of it, also of one that never spoke', () => {
    expect(gapsOf(begin, block(1), killed(2), account(2.2), account(2.3))).toEqual([
      [1, 2.2, 'killed'],
      [2.2, 2.3, 'killed'],
    ]);
    expect(gapsOf(begin, account(9))).toEqual([[0, 9, 'starting']]);
    expect(gapsOf(begin, killed(3), account(9))).toEqual([[0, 9, 'killed']]);
    expect(gapsOf(begin, block(1), account(1.5))).toEqual([]);
  });

  test('says at once that one hangs which does not answer at the end of a trial', () => {
    const unanswered = (s: number): WatchEvent => ({ kind: 'unanswered', atNs: s * 1e9 });
    const quiet = [begin, block(1), account(2), unanswered(2.8)];
    expect(gapsOf(...quiet)).toEqual([[1, 2.8, 'hung']]);
    expect(gapsOf(...quiet, block(3.2, 1)), 'it was late').toEqual([[1, 2.8, 'hung']]);
    expect(gapsOf(...quiet, tickAt(3.6), tickAt(4.2)), 'it is killed in the next trial').toEqual([
      [1, 2.8, 'hung'],
      [2.8, 4.2, 'hung'],
    ]);
    expect(gapsOf(begin, block(1), account(2), killed(2.1), unanswered(2.8))).toEqual([[1, 2.8, 'killed']]);
    expect(gapsOf(begin, account(2), unanswered(2.8))).toEqual([
      [0, 2, 'starting'],
      [2, 2.8, 'starting'],
    ]);
  });

  test('ends with its agent', () => {
    expect(play(begin, { kind: 'end' }).commands.map(({ kind }) => kind)).toEqual(['start', 'kill']);
  });
});
