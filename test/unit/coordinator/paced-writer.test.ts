import { EventEmitter } from 'node:events';
import type { ServerDuplexStream } from '@grpc/grpc-js';
import { expect, test } from 'vitest';
import { onDetached, PacedWriter } from '../../../src/coordinator/paced-writer.ts';

/** A stream that takes `room` messages before it asks to wait. */
class SlowStream extends EventEmitter {
  readonly written: number[] = [];
  ended = 0;
  room: number;

  constructor(room: number) {
    super();
    this.room = room;
  }

  write(value: number): boolean {
    this.written.push(value);
    return --this.room > 0;
  }

  end(): void {
    this.ended++;
  }
}

const writerOf = (stream: SlowStream) =>
  new PacedWriter<number>(stream as unknown as ServerDuplexStream<unknown, number>);

test('a stream that is full is not written to before it drains, and then in order', () => {
  const stream = new SlowStream(2);
  const writer = writerOf(stream);
  for (let i = 1; i <= 5; i++) writer.write(i);
  expect(stream.written).toEqual([1, 2]);
  stream.room = 10;
  stream.emit('drain');
  expect(stream.written).toEqual([1, 2, 3, 4, 5]);
});

test('the last words go out before the end, and nothing after it', () => {
  const stream = new SlowStream(1);
  const writer = writerOf(stream);
  writer.write(1);
  writer.write(2);
  writer.end();
  writer.end();
  writer.write(3);
  expect(stream.written).toEqual([1, 2]);
  expect(stream.ended).toBe(1);
});

test('what a stream that is gone did not take is forgotten', () => {
  const stream = new SlowStream(1);
  const writer = writerOf(stream);
  writer.write(1);
  writer.write(2);
  writer.drop();
  stream.emit('drain');
  expect(stream.written).toEqual([1]);
});

test('however many signs of its end a stream gives, it is detached once', () => {
  const stream = new SlowStream(1);
  let detached = 0;
  onDetached(stream as unknown as ServerDuplexStream<unknown, unknown>, () => {
    detached++;
  });
  for (const sign of ['cancelled', 'end', 'error', 'close']) stream.emit(sign);
  expect(detached).toBe(1);
});
