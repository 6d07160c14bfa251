import { expect, test } from 'vitest';
import { bulleted, columns, wrapped } from '../../../src/report/layout.ts';

test('the first column stands to the left, figures to the right', () => {
  expect(
    columns([
      ['ms', 'p50', 'p99'],
      ['response', '7.9', '1,031'],
    ]),
  ).toEqual(['ms        p50    p99', 'response  7.9  1,031']);
});

test('no line is longer than the width, but for a word that is', () => {
  expect(wrapped('a bb ccc dddd', 6)).toEqual(['a bb', 'ccc', 'dddd']);
  expect(wrapped('a muchlongerthanthat b', 6)).toEqual(['a', 'muchlongerthanthat', 'b']);
  expect(bulleted('- ', 'one two three', 9)).toEqual(['- one two', '  three']);
});
