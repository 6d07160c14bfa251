import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  FLAG,
  FRAME_PAYLOAD,
  frameHead,
  resetFrame,
  SETTING,
  settingsFrame,
  TYPE,
  windowUpdateFrame,
} from '../../src/targets/endpoint/http2/frame.ts';
import { FrameReader } from '../../src/targets/endpoint/http2/frame-reader.ts';

interface Read {
  readonly told: string[];
  readonly fault: string | null;
}

/** Reads `bytes` in pieces of the given sizes. */
function read(bytes: Buffer, sizes: readonly number[]): Read {
  const told: string[] = [];
  let body = '';
  const reader = new FrameReader({
    frame: (type, flags, stream, from, start, end) => {
      told.push(`${type} ${flags} ${stream} ${from.toString('hex', start, end)}`);
    },
    block: (flags, stream, from, start, end) => {
      told.push(`block ${flags & FLAG.endStream} ${stream} ${from.toString('hex', start, end)}`);
    },
    data: (_, from, start, end) => {
      body += from.toString('hex', start, end);
    },
    dataEnd: (stream, flags, payload) => {
      told.push(`data ${flags & FLAG.endStream} ${stream} ${payload} ${body}`);
      body = '';
    },
  });
  let at = 0;
  for (let i = 0; at < bytes.length; i++) {
    const piece = bytes.subarray(at, at + (sizes[i % sizes.length] ?? 1));
    at += piece.length;
    if (!reader.read(Buffer.from(piece), piece.length)) break;
  }
  return { told, fault: reader.fault };
}

const frame = (type: number, flags: number, stream: number, payload: Uint8Array): Buffer =>
  Buffer.concat([frameHead(type, flags, stream, payload.length), payload]);
const padded = (pad: number, payload: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from([pad]), payload, Buffer.alloc(pad)]);

const bytes = fc.uint8Array({ maxLength: 40 });
const stream = fc.integer({ min: 1, max: 2 ** 31 - 1 });
const isLast = fc.constantFrom(0, FLAG.endStream);
const hex = (value: Uint8Array): string => Buffer.from(value).toString('hex');

/** Bytes of a frame or several, and what is to be told of them. */
const part: fc.Arbitrary<readonly [Buffer, string]> = fc.oneof(
  fc.tuple(stream, bytes, isLast).map(([id, body, flag]): [Buffer, string] => {
    return [frame(TYPE.data, flag, id, body), `data ${flag} ${id} ${body.length} ${hex(body)}`];
  }),
  fc.tuple(stream, bytes, isLast, fc.nat(20)).map(([id, body, flag, pad]): [Buffer, string] => {
    const payload = padded(pad, body);
    return [frame(TYPE.data, flag | FLAG.padded, id, payload), `data ${flag} ${id} ${payload.length} ${hex(body)}`];
  }),
  fc.tuple(stream, bytes, isLast, fc.nat(20)).map(([id, block, flag, pad]): [Buffer, string] => {
    const payload = padded(pad, Buffer.concat([Buffer.alloc(5), block]));
    const flags = flag | FLAG.endHeaders | FLAG.padded | FLAG.priority;
    return [frame(TYPE.headers, flags, id, payload), `block ${flag} ${id} ${hex(block)}`];
  }),
  fc
    .tuple(stream, fc.array(bytes, { minLength: 1, maxLength: 4 }), isLast)
    .map(([id, blocks, flag]): [Buffer, string] => {
      const frames = blocks.map((block, i) => {
        const end = i === blocks.length - 1 ? FLAG.endHeaders : 0;
        return frame(i === 0 ? TYPE.headers : TYPE.continuation, (i === 0 ? flag : 0) | end, id, block);
      });
      return [Buffer.concat(frames), `block ${flag} ${id} ${blocks.map(hex).join('')}`];
    }),
  stream.map((id): [Buffer, string] => [resetFrame(id, 8), `3 0 ${id} 00000008`]),
  stream.map((id): [Buffer, string] => [windowUpdateFrame(id, 5), `8 0 ${id} 00000005`]),
);

const hello = settingsFrame([[SETTING.mostStreams, 7]]);

test('frames are read the same however they are cut into pieces', () => {
  fc.assert(
    fc.property(
      fc.array(part, { maxLength: 8 }),
      fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1 }),
      (parts, sizes) => {
        const found = read(Buffer.concat([hello, ...parts.map(([sent]) => sent)]), sizes);
        expect(found).toEqual({ told: ['4 0 0 000300000007', ...parts.map(([, told]) => told)], fault: null });
      },
    ),
    { seed: 1, numRuns: 300 },
  );
});

test('whatever comes, nothing is read beyond a fault, and nothing throws', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.integer({ min: 1, max: 60 }), (noise, size) => {
      const { told, fault } = read(Buffer.concat([hello, noise]), [size]);
      expect(told.length).toBeGreaterThan(0);
      if (fault !== null) expect(fault).toMatch(/^found /u);
    }),
    { seed: 1, numRuns: 300 },
  );
});

const begun = frame(TYPE.headers, 0, 1, Buffer.from('a'));

test.each([
  [Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), 'found bytes that are not HTTP/2'],
  [resetFrame(1, 0), 'found bytes that are not HTTP/2'],
  [frame(TYPE.data, 0, 1, Buffer.alloc(3)), 'found a body where none can be'],
  [Buffer.concat([hello, frameHead(TYPE.headers, 0, 1, FRAME_PAYLOAD + 1)]), 'found a frame of 16385 bytes'],
  [Buffer.concat([hello, frame(TYPE.ping, 0, 0, Buffer.alloc(7))]), 'found a frame of type 6 with 7 bytes'],
  [Buffer.concat([hello, frame(TYPE.data, FLAG.padded, 1, Buffer.from([3, 1]))]), 'found a frame of more padding'],
  [Buffer.concat([hello, frame(TYPE.headers, FLAG.padded, 1, Buffer.alloc(0))]), 'found a frame of more padding'],
  [Buffer.concat([hello, frame(TYPE.continuation, 0, 1, Buffer.alloc(1))]), 'found fields that break off'],
  [Buffer.concat([hello, begun, windowUpdateFrame(1, 1)]), 'found fields that break off'],
  [Buffer.concat([hello, begun, frame(TYPE.continuation, 4, 3, Buffer.alloc(1))]), 'found fields that break off'],
  [Buffer.concat([hello, begun, frame(TYPE.data, 0, 1, Buffer.alloc(3))]), 'found a body where none can be'],
  [
    Buffer.concat([
      hello,
      begun,
      ...Array.from({ length: 5 }, () => frame(TYPE.continuation, 0, 1, Buffer.alloc(16_000))),
    ]),
    'found fields of more than 65536 bytes',
  ],
])('%# is a fault', (sent, says) => {
  expect(read(sent, [7]).fault).toContain(says);
  expect(read(sent, [100_000]).fault).toContain(says);
});
