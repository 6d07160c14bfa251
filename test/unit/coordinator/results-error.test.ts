import { expect, test } from 'vitest';
import { refusal } from '../../../src/coordinator/results-error.ts';

test.each([
  ['ENOSPC', '/r: the disk is full; free some space or choose another folder with --results'],
  ['EDQUOT', '/r: the disk is full; free some space or choose another folder with --results'],
  ['EROFS', '/r: the file system is read-only; choose another folder with --results'],
  ['EACCES', '/r: no permission to write there; choose a folder of your own with --results'],
  ['EIO', '/r: cannot be written (EIO)'],
])('%s is told in words', (code, sentence) => {
  expect(refusal(Object.assign(new Error('refused'), { code }), '/r')).toBe(sentence);
});
