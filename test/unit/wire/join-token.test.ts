import { expect, test } from 'vitest';
import { formatJoinToken, readJoinToken } from '../../../src/wire/join-token.ts';

test('a token carries the authority where there is one, on one line', () => {
  const authority = Uint8Array.from([0, 255, 62, 63, 10]);
  const text = formatJoinToken({ secret: 'abc123', authority });
  expect(text).toMatch(/^loadcell1\.[\w-]+\.abc123$/);
  const read = readJoinToken(text);
  expect(read.secret).toBe('abc123');
  expect([...(read.authority ?? [])]).toEqual([...authority]);
});

test.each(['abc123', 'loadcell1.abc', 'loadcell1..abc', 'loadcell1.YQ.', 'loadcell2.YQ.abc', 'loadcell1.YQ.abc.d'])(
  '%s is a secret alone',
  (text) => {
    expect(readJoinToken(text)).toEqual({ secret: text, authority: null });
  },
);

test('a secret alone stays as it is', () => {
  expect(formatJoinToken({ secret: 'abc123', authority: null })).toBe('abc123');
});
