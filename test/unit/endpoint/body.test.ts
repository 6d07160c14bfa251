import { deflateSync, gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { ArrivingBytes } from '../../../src/endpoint/arriving-bytes.ts';
import { decoded } from '../../../src/endpoint/http/body.ts';

const ROOM = 1_000_000;

test('what a packed body holds counts as it comes out, and no more while it is looked at', async () => {
  const arriving = new ArrivingBytes(ROOM);
  const bomb = gzipSync(Buffer.alloc(200_000));
  expect(bomb.length).toBeLessThan(1000);
  expect(arriving.take(900_000)).toBe(true);
  await expect(decoded(bomb, 'gzip', ROOM, arriving)).rejects.toMatchObject({ code: 'full', retryAfterS: 1 });
  arriving.give(900_000);
  expect(await decoded(bomb, 'gzip', ROOM, arriving)).toEqual(Buffer.alloc(200_000));
  expect(await decoded(deflateSync('small'), 'deflate', ROOM, arriving)).toEqual(Buffer.from('small'));
  // All of the room is there again.
  expect([arriving.take(1), arriving.take(ROOM - 1), arriving.take(1)]).toEqual([true, true, false]);
});

test.each([
  ['more than is taken', gzipSync(Buffer.alloc(2000)), 'gzip', 'too-large'],
  ['bytes of nothing', Buffer.from('none'), 'gzip', 'invalid'],
  ['half a body', gzipSync('whole').subarray(0, 15), 'gzip', 'invalid'],
  ['another coding', Buffer.from('none'), 'br', 'invalid'],
])('%s in a packed body is refused, and gives its room back', async (_, body, coding, code) => {
  const arriving = new ArrivingBytes(ROOM);
  await expect(decoded(body, coding, 1000, arriving)).rejects.toMatchObject({ code });
  expect([arriving.take(1), arriving.take(ROOM - 1)]).toEqual([true, true]);
});
