import { expect, test } from 'vitest';
import { HpackDecoder } from '../../../../../src/targets/endpoint/http2/hpack-decoder.ts';
import { EMPTIES_TABLE, kept, known, plain } from '../../../../../src/targets/endpoint/http2/hpack-encoding.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

const decoding = (decoder: HpackDecoder, block: Buffer) => decoder.decode(block, 0, block.length);

test('the requests of RFC 7541, C.4, are read: texts in Huffman’s code, fields that the table holds', () => {
  const decoder = new HpackDecoder();
  expect(decoding(decoder, hex('8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff'))).toEqual([
    [':method', 'GET'],
    [':scheme', 'http'],
    [':path', '/'],
    [':authority', 'www.example.com'],
  ]);
  expect(decoding(decoder, hex('8286 84be 5886 a8eb 1064 9cbf'))).toEqual([
    [':method', 'GET'],
    [':scheme', 'http'],
    [':path', '/'],
    [':authority', 'www.example.com'],
    ['cache-control', 'no-cache'],
  ]);
  expect(decoding(decoder, hex('8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf'))).toEqual([
    [':method', 'GET'],
    [':scheme', 'https'],
    [':path', '/index.html'],
    [':authority', 'www.example.com'],
    ['custom-key', 'custom-value'],
  ]);
});

test('the responses of RFC 7541, C.5, are read by a table of 256 bytes, which forgets its oldest fields', () => {
  const decoder = new HpackDecoder();
  // A table of 256 bytes is announced first: 0x3f, 0xe1, 0x01.
  const first = hex(
    `3fe101 4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3120 474d
    546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d`.replaceAll('\n', ' '),
  );
  const rest = [
    ['cache-control', 'private'],
    ['date', 'Mon, 21 Oct 2013 20:13:21 GMT'],
    ['location', 'https://www.example.com'],
  ];
  expect(decoding(decoder, first)).toEqual([[':status', '302'], ...rest]);
  expect(decoding(decoder, hex('4803 3330 37c1 c0bf'))).toEqual([[':status', '307'], ...rest]);
  // `:status 302` was forgotten: field 65 is the last that is known.
  expect(() => decoding(decoder, hex('c2'))).toThrow('field 66, which is not known');
});

test('what was said is read back, whether it is kept, known or said in full', () => {
  const decoder = new HpackDecoder();
  const fields = [
    [':method', 'POST'],
    [':path', `/${'a'.repeat(300)}`],
    ['te', 'trailers'],
    ['x-größe', 'ä'],
  ] as const;
  expect(decoding(decoder, Buffer.concat(fields.map(plain)))).toEqual(fields);
  expect(decoder.revision).toBe(0);
  expect(decoding(decoder, Buffer.concat(fields.map(kept)))).toEqual(fields);
  expect(decoding(decoder, Buffer.concat(fields.map((_, i) => known(fields.length - 1 - i))))).toEqual(fields);
  expect(decoding(decoder, EMPTIES_TABLE)).toEqual([]);
  expect(() => decoding(decoder, known(0))).toThrow('field 62, which is not known');
});

test.each([
  ['80', 'field 0, which is not known'],
  ['40', 'a field that is cut off'],
  ['4003 6162', 'a field that is cut off'],
  ['bf', 'field 63, which is not known'],
  ['ffff ffff ffff', 'a number that is too large'],
  ['ff80', 'a field that is cut off'],
  ['82 20', 'a table of 0 bytes'],
  ['3f e2 1f', 'a table of 4097 bytes'],
  // The end of a text as a symbol, padding of a whole octet, padding of zeros.
  ['4084 ffff ffff 00', 'a text that is not in the code of header fields'],
  ['4082 1fff 00', 'a text that is not in the code of header fields'],
  ['4081 18 00', 'a text that is not in the code of header fields'],
])('%s is no block of fields: %s', (block, says) => {
  expect(() => decoding(new HpackDecoder(), hex(block))).toThrow(says);
});

test('a few bytes that name a long field many times are not followed', () => {
  const decoder = new HpackDecoder();
  decoding(decoder, kept(['a', 'b'.repeat(4000)]));
  expect(() => decoding(decoder, Buffer.alloc(70, 0x80 | 62))).toThrow('a head of more than 262144 bytes');
});

test('a number of ever more bytes that add nothing is refused, and so leaves no table without a limit', () => {
  const endless = Buffer.concat([hex('3f'), Buffer.alloc(400, 0x80), hex('00')]);
  expect(() => decoding(new HpackDecoder(), endless)).toThrow('a number that is too large');
});
