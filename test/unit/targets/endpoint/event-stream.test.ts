import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EventStreamParser } from '../../../../src/targets/endpoint/event-stream.ts';

/** The data of the events in pieces of a body. */
function dataOf(pieces: readonly (string | Buffer)[], parser = new EventStreamParser()): string[] {
  const found: string[] = [];
  for (const piece of pieces) {
    const bytes = Buffer.from(piece as string);
    parser.read(bytes, 0, bytes.length, (event) => void found.push(event.dataText()));
  }
  return found;
}

// The examples of the WHATWG HTML specification, and the sentences around them.
test.each([
  ['an event of two lines, joined by LF', 'data: YHOO\ndata: +2\ndata: 10\n\n', ['YHOO\n+2\n10']],
  [
    'a comment, an id, an empty id',
    ': test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\n',
    ['first event', 'second event'],
  ],
  ['only the first space is taken away', 'data:  third event\n\n', [' third event']],
  ['what the end of the body cuts short is no event', 'data\n\ndata\ndata\n\ndata:', ['', '\n']],
  ['a space after the colon changes nothing', 'data:test\n\ndata: test\n\n', ['test', 'test']],
  ['an event without data is none', 'event: ping\n\nid: 7\n\nretry: 10\n\n', []],
  ['names are taken literally', 'Data: a\n\ndata : b\n\ndatas: c\n\nxdata: d\n\n data: e\n\n', []],
  ['CR, LF and CRLF end lines', 'data: a\r\rdata: b\r\n\r\ndata: c\n\n', ['a', 'b', 'c']],
  ['a byte-order mark in front is none of it', '\uFEFFdata: a\n\n', ['a']],
  ['a second one is', '\uFEFF\uFEFFdata: a\n\n', []],
  ['a colon in the value is the value’s', 'data: a: b\n\n', ['a: b']],
  ['text beyond ASCII', 'data: grüße 🚀\n\n', ['grüße 🚀']],
])('%s', (_, body, expected) => {
  expect(dataOf([body])).toEqual(expected);
});

test('the type of an event is that of its event line, and message without one', () => {
  const parser = new EventStreamParser();
  const found: boolean[][] = [];
  const bytes = Buffer.from('event: token\ndata: a\n\ndata: b\n\nevent: x\nevent:\ndata: c\n\n');
  parser.read(
    bytes,
    0,
    bytes.length,
    (event) => void found.push([event.typeIs(Buffer.from('token')), event.typeIs(Buffer.from('message'))]),
  );
  expect(found).toEqual([
    [true, false],
    [false, true],
    [false, true],
  ]);
});

test('another body begins anew, whatever was left of the one before', () => {
  const parser = new EventStreamParser();
  expect(dataOf(['data: lost\r'], parser)).toEqual([]);
  parser.reset();
  expect(dataOf(['\uFEFFdata: kept\n\n'], parser)).toEqual(['kept']);
});

test('an event beyond 16 MiB is read no further', () => {
  const parser = new EventStreamParser();
  const line = `data: ${'x'.repeat(2 ** 20)}\n`;
  expect(dataOf([...Array.from({ length: 17 }, () => line), '\n', 'data: a\n\n'], parser)).toEqual([]);
  expect(parser.isTooLong).toBe(true);
});

/** The specification read word by word, on a body that is there as a whole. */
function reference(body: string): string[] {
  const text = body.replace(/^\uFEFF/u, '');
  const lines = text.split(/\r\n|\r|\n/u);
  // What follows the last line end is no line.
  lines.pop();
  const found: string[] = [];
  let data: string[] | null = null;
  for (const line of lines) {
    if (line === '') {
      if (data !== null) found.push(data.join('\n'));
      data = null;
      continue;
    }
    const colon = line.indexOf(':');
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /u, '');
    if (name === 'data') data = [...(data ?? []), value];
  }
  return found;
}

test('a stream is read as the specification says, however it is cut into pieces', () => {
  const part = fc.constantFrom(
    'data',
    'data:',
    'data: ',
    'event:',
    'id',
    ':',
    ' ',
    'x',
    'ü',
    '\r',
    '\n',
    '\r\n',
    '\n\n',
    '\uFEFF',
  );
  fc.assert(
    fc.property(
      fc.array(part, { maxLength: 40 }).map((parts) => parts.join('')),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 6 }),
      (body, sizes) => {
        const bytes = Buffer.from(body);
        const pieces: Buffer[] = [];
        for (let at = 0, i = 0; at < bytes.length; i++) {
          const size = sizes[i % sizes.length] ?? 1;
          pieces.push(bytes.subarray(at, at + size));
          at += size;
        }
        expect(dataOf(pieces)).toEqual(reference(body));
      },
    ),
    { numRuns: 2000, seed: 11 },
  );
});
