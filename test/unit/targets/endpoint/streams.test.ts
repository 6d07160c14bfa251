import { expect, test } from 'vitest';
import type { StreamCheck } from '../../../../src/campaign/endpoint-spec.ts';
import { Streams } from '../../../../src/targets/endpoint/streams.ts';

const ANY: StreamCheck = { done: null, type: null, holding: null, atLeast: 1 };

/** Reads pieces, each at its instant; tells of the events. */
function streamOf(check: Partial<StreamCheck>, pieces: readonly (readonly [atNs: number, text: string])[]) {
  const told: (readonly [number, number])[] = [];
  const streams = new Streams({ ...ANY, ...check }, (_, sinceNs, atNs) => void told.push([sinceNs, atNs]));
  for (const [atNs, text] of pieces) {
    const bytes = Buffer.from(text);
    streams.read(3, atNs, bytes, 0, bytes.length);
  }
  const failure = streams.failure(3);
  return {
    told,
    firstAtNs: streams.firstAtNs(3),
    failure: failure === null ? null : `${failure.outcome} ${failure.code}: ${failure.message}`,
  };
}

test('an event comes when the bytes that complete it are read, several of one read at the same instant', () => {
  const { told, firstAtNs, failure } = streamOf({}, [
    [10, 'data: a'],
    [20, '\n\ndata: b\n\nda'],
    [50, 'ta: c\n\n'],
  ]);
  expect(told).toEqual([
    [Number.NaN, 20],
    [20, 20],
    [20, 50],
  ]);
  expect(firstAtNs).toBe(20);
  expect(failure).toBeNull();
});

test('the event that ends a stream is none of its own, and must come', () => {
  const whole = streamOf({ done: '[DONE]' }, [[5, 'data: a\n\ndata: [DONE]\n\ndata: late\n\n']]);
  expect([whole.told.length, whole.failure]).toEqual([1, null]);
  expect(streamOf({ done: '[DONE]' }, [[5, 'data: a\n\ndata: [DONE]']]).failure).toBe(
    'target-error stream-broken: the stream ended without its last event, "[DONE]"',
  );
});

test('a body without events, and one with too few, is a wrong output', () => {
  expect(streamOf({}, [[5, '{"error":"no"}']]).failure).toBe(
    'wrong-output events: found 0 events that count, expected at least 1',
  );
  expect(streamOf({ done: '[DONE]' }, [[5, ': nothing\n\n']]).failure).toMatch(/^wrong-output events: found 0/);
  expect(streamOf({ atLeast: 3 }, [[5, 'data: a\n\ndata: b\n\n']]).failure).toMatch(/^wrong-output events: found 2/);
});

test('only events of the type, and with something at the path, count', () => {
  const typed = streamOf({ type: 'token' }, [[5, 'event: ping\ndata: a\n\nevent: token\ndata: b\n\ndata: c\n\n']]);
  expect(typed.told).toHaveLength(1);
  const chunk = (content: string): string => `data: {"choices":[{"delta":{"content":${content}}}]}\n\n`;
  const holding = streamOf({ holding: 'choices[0].delta.content' }, [
    [1, 'data: {"choices":[{"delta":{"role":"assistant"}}]}\n\n'],
    [2, chunk('""')],
    [3, chunk('null')],
    [4, chunk('"a"')],
    [5, 'data: no JSON\n\n'],
    [9, chunk('"b"')],
  ]);
  expect(holding.told).toEqual([
    [Number.NaN, 4],
    [4, 9],
  ]);
});

test('what came of an answer before is forgotten', () => {
  const streams = new Streams(ANY, () => {});
  const bytes = Buffer.from('data: a\n\n');
  streams.read(0, 5, bytes, 0, bytes.length);
  streams.clear(0);
  expect(streams.firstAtNs(0)).toBeNaN();
  expect(streams.failure(0)?.code).toBe('events');
});
