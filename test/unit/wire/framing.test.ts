import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FrameReader, frame, MAX_RECORD_BYTES, readFrames } from '../../../src/wire/framing.ts';

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const bytesOf = (...words: string[]): Uint8Array => Buffer.concat(words.map((word) => frame(Buffer.from(word))));

test('a record is its length, its CRC-32 and itself', () => {
  // CRC-32 of "123456789" is the check value 0xcbf43926 of the catalogue of parametrised CRC algorithms.
  expect([...frame(Buffer.from('123456789'))]).toEqual([
    9, 0, 0, 0, 0x26, 0x39, 0xf4, 0xcb, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39,
  ]);
});

test('records come back whatever the pieces they are read in', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ minLength: 1, maxLength: 60 }), { maxLength: 20 }),
      fc.integer({ min: 1, max: 40 }),
      (payloads, step) => {
        const file = Buffer.concat(payloads.map(frame));
        const reader = new FrameReader();
        const back: number[][] = [];
        for (let at = 0; at < file.length; at += step) {
          for (const record of reader.push(file.subarray(at, at + step))) back.push([...record]);
        }
        expect(reader.finish()).toBeNull();
        expect(back).toEqual(payloads.map((payload) => [...payload]));
      },
    ),
    { seed: 3, numRuns: 200 },
  );
});

test('a file that ends inside a record is torn there, and everything before it is read', () => {
  const whole = bytesOf('one', 'two', 'three');
  const second = bytesOf('one', 'two').length;
  for (let end = second + 1; end < whole.length; end++) {
    const { records, fault } = readFrames(whole.subarray(0, end));
    expect(records.map(text)).toEqual(['one', 'two']);
    expect(fault).toMatchObject({ kind: 'torn', offset: second });
  }
});

test('the place of damage is that in the whole file, however it is read', () => {
  const file = bytesOf('one', 'two', 'three');
  file[file.length - 1] = 0;
  const reader = new FrameReader();
  for (let at = 0; at < file.length; at += 7) [...reader.push(file.subarray(at, at + 7))];
  expect(reader.finish()).toMatchObject({ kind: 'corrupt', offset: bytesOf('one', 'two').length });
});

test('zeros after the last record are a torn tail, not records', () => {
  const { records, fault } = readFrames(Buffer.concat([bytesOf('one'), new Uint8Array(4096)]));
  expect(records.map(text)).toEqual(['one']);
  expect(fault).toMatchObject({ kind: 'torn', offset: 11 });
});

test('any flipped bit is seen, and where its record begins', () => {
  const whole = bytesOf('one', 'two', 'three');
  const starts = [0, bytesOf('one').length, bytesOf('one', 'two').length];
  for (let bit = 0; bit < whole.length * 8; bit++) {
    const damaged = Uint8Array.from(whole);
    const byte = bit >> 3;
    damaged[byte] = (damaged[byte] ?? 0) ^ (1 << (bit & 7));
    const { records, fault } = readFrames(damaged);
    const start = Math.max(...starts.filter((at) => at <= byte));
    expect(fault?.offset).toBe(start);
    expect(records).toHaveLength(starts.indexOf(start));
  }
});

test('a damaged length and a damaged payload say so', () => {
  const long = bytesOf('one', 'two');
  long[14] = 0xff;
  expect(readFrames(long).fault?.message).toBe(
    `corrupt at byte 11: the record there is damaged, its length reads 4278190083 bytes, at most ${MAX_RECORD_BYTES} can be`,
  );
  const changed = bytesOf('one', 'two');
  changed[8] = 0x4f;
  expect(readFrames(changed).fault?.message).toBe(
    'corrupt at byte 0: the record there is damaged, the checksum of its 3 bytes does not match',
  );
});

test('an empty record cannot be written', () => {
  expect(() => frame(new Uint8Array(0))).toThrow('record: found 0 bytes, expected 1 to');
});
