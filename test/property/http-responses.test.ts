import fc from 'fast-check';
import { expect, test } from 'vitest';
import { headerIn, ResponseParser, serverTimeNs } from '../../src/targets/endpoint/response-parser.ts';

interface Read {
  readonly statuses: number[];
  readonly bodies: string[];
  readonly fault: string | null;
}

/** Reads `bytes` in pieces of the given sizes, as answers to requests sent one after the other. */
function read(bytes: Buffer, sizes: readonly number[], method = 'GET', close = false): Read {
  const [statuses, bodies]: [number[], string[]] = [[], []];
  let body = '';
  const parser: ResponseParser = new ResponseParser({
    body: (from, start, end) => {
      body += from.toString('latin1', start, end);
    },
    end: (head) => {
      statuses.push(head.status);
      bodies.push(body);
      body = '';
      parser.expect(method);
    },
  });
  parser.expect(method);
  let at = 0;
  for (let i = 0; at < bytes.length; i++) {
    const piece = bytes.subarray(at, at + (sizes[i % sizes.length] ?? 1));
    at += piece.length;
    if (!parser.read(Buffer.from(piece), piece.length)) break;
  }
  if (close) parser.close();
  return { statuses, bodies, fault: parser.fault };
}

const text = fc.string({ unit: fc.constantFrom('a', 'b', '\r', '\n', ':', '0', ' '), maxLength: 40 });
const answer = fc.record({
  status: fc.constantFrom(200, 201, 404, 500),
  chunks: fc.array(text, { maxLength: 4 }),
  isChunked: fc.boolean(),
});

function bytesOf({ status, chunks, isChunked }: { status: number; chunks: string[]; isChunked: boolean }): string {
  const body = chunks.join('');
  if (!isChunked) return `HTTP/1.1 ${status} x\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  const parts = chunks
    .filter((chunk) => chunk !== '')
    .map((chunk) => `${chunk.length.toString(16)};e=1\r\n${chunk}\r\n`);
  return `HTTP/1.1 ${status} x\r\nTransfer-Encoding: chunked\r\n\r\n${parts.join('')}0\r\nTrailer: t\r\n\r\n`;
}

test('answers are read the same however they are cut into pieces', () => {
  fc.assert(
    fc.property(
      fc.array(answer, { minLength: 1, maxLength: 5 }),
      fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }),
      (answers, sizes) => {
        // One read never holds more than one answer: the next request is sent after it.
        for (const each of answers) {
          const found = read(Buffer.from(bytesOf(each), 'latin1'), sizes);
          expect(found).toEqual({ statuses: [each.status], bodies: [each.chunks.join('')], fault: null });
        }
      },
    ),
    { seed: 1, numRuns: 300 },
  );
});

test('a head that is that of the answer before is recognised, and one that differs in a byte is read anew', () => {
  const lines = (length: number) => `HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n`;
  const heads = [lines(2), lines(2), lines(3), lines(2)];
  const statuses: (number | null)[] = [];
  const parser: ResponseParser = new ResponseParser({ body: () => {}, end: (head) => statuses.push(head.length) });
  for (const [i, head] of heads.entries()) {
    parser.expect('GET');
    const bytes = Buffer.from(`${head}${'ok!'.slice(0, i === 2 ? 3 : 2)}`);
    expect(parser.read(bytes, bytes.length)).toBe(true);
  }
  expect(statuses).toEqual([2, 2, 3, 2]);
});

test('thousands of mutated answers are read or refused with what was found, and never throw or hang', () => {
  const base = Buffer.from(bytesOf({ status: 200, chunks: ['hello', 'world'], isChunked: true }), 'latin1');
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(base.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 }),
      fc.integer({ min: 1, max: 64 }),
      (changes, size) => {
        const bytes = Buffer.from(base);
        for (const [at, value] of changes) bytes[at] = value;
        const { fault, statuses } = read(bytes, [size], 'GET', true);
        expect(statuses.length).toBeLessThanOrEqual(2);
        if (fault !== null) expect(fault).toMatch(/^found /u);
      },
    ),
    { seed: 2, numRuns: 3000 },
  );
});

test.each([
  ['HTTP/2 200 OK\r\n\r\n', 'where a status line was expected'],
  ['HTTP/1.1 200 OK\r\nno header\r\n\r\n', 'where a header was expected'],
  ['HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx', 'two different Content-Length'],
  ['HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n', 'Content-Length "-1"'],
  ['HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n', 'Transfer-Encoding "gzip"'],
  ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n', 'where a chunk’s end was expected'],
  [`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(70_000)}`, 'a head of more than 65536 bytes'],
  ['HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK', 'bytes beyond the answer'],
  ['HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n', 'the status 101, which nobody asked for'],
])('%j is refused', (bytes, fault) => {
  expect(read(Buffer.from(bytes), [100_000]).fault).toContain(fault);
});

test('heads without a body, informational ones, and bodies until the connection closes', () => {
  expect(read(Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n'), [9], 'HEAD').statuses).toEqual([200]);
  expect(read(Buffer.from('HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n'), [9]).statuses).toEqual([304]);
  expect(read(Buffer.from('HTTP/1.1 103 Early\r\nA: b\r\n\r\nHTTP/1.1 204 No\r\n\r\n'), [7]).statuses).toEqual([204]);
  expect(read(Buffer.from('HTTP/1.1 200 OK\r\n\r\nall of it'), [7], 'GET', true)).toEqual({
    statuses: [200],
    bodies: ['all of it'],
    fault: null,
  });
});

test('a server’s own time is that of the metric total, else the first that has one', () => {
  expect(serverTimeNs(undefined)).toBe(0);
  expect(serverTimeNs('cache;desc="Cache Read";dur=23.2')).toBe(23.2e6);
  expect(serverTimeNs('db;dur=53, total;dur=60.5')).toBe(60.5e6);
  expect(serverTimeNs('miss, nothing;desc=x')).toBe(0);
  expect(serverTimeNs('a; dur="1.5" ;desc=b , c ; DUR = 7')).toBe(1.5e6);
  // As long as a head may be: a pattern that tries every stretch of it would never end.
  expect(serverTimeNs(`${'a'.repeat(65_000)};du=1`)).toBe(0);
  expect(serverTimeNs(`x${',;'.repeat(32_000)}total;dur=2`)).toBe(2e6);
  const head = { text: 'HTTP/1.1 200 OK\r\nA: 1\r\nX-Y:  two ' } as Parameters<typeof headerIn>[0];
  expect([headerIn(head, 'x-y'), headerIn(head, 'z')]).toEqual(['two', undefined]);
});
