import { expect, test } from 'vitest';
import { TextTail } from '../../../src/agent/text-tail.ts';

const tailOf = (limit: number, ...texts: readonly string[]): TextTail => {
  const tail = new TextTail(limit);
  for (const text of texts) tail.push(Buffer.from(text));
  return tail;
};

test('only the end is kept, however it was written', () => {
  expect(tailOf(4, 'abc', 'def').bytes().toString()).toBe('cdef');
  expect(tailOf(4, 'abcdefgh').bytes().toString()).toBe('efgh');
  expect(
    tailOf(4, ...'abcdefgh')
      .bytes()
      .toString(),
  ).toBe('efgh');
  expect(tailOf(100, 'abc', 'def').bytes().toString()).toBe('abcdef');
});

test('the last line that says something is quoted', () => {
  expect(tailOf(100, 'first\nlast words\n\n').lastLine()).toBe('last words');
  expect(tailOf(100, '').lastLine()).toBe('');
});

test('the frames and the version that Node writes below an error are not the last word', () => {
  const report = 'Error: no such model\n    at open (file.ts:1:1)\n    at main (file.ts:2:2)\n\nNode.js v26.10.0\n';
  expect(tailOf(1000, report).lastLine()).toBe('Error: no such model');
});

test('colours and control characters are left out, and a long line is cut', () => {
  expect(tailOf(100, '\u001b[31mred\u001b[39m\u0007\n').lastLine()).toBe('red');
  expect(tailOf(2000, 'x'.repeat(1000)).lastLine().length).toBe(300);
});
