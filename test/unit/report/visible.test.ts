import { expect, test } from 'vitest';
import { bulleted } from '../../../src/report/layout.ts';
import { escaped } from '../../../src/report/markdown-text.ts';
import { visible } from '../../../src/report/visible.ts';

test('what a file holds reaches no terminal as a command to it', () => {
  expect(visible('found \u001b[31m5/s\u0000\u009b,\n\texpected ü')).toBe('found \\x1b[31m5/s\\x00\\x9b,\n\texpected ü');
});

test('characters that turn the direction of writing are written out, letters of either direction are not', () => {
  expect(visible('a\u202eb\u2066c שלום')).toBe('a\\u202eb\\u2066c שלום');
});

test('the message of a target commands neither the terminal nor a Markdown page', () => {
  const message = 'refused \u001b[2J\u001b[31mred\u0007';
  expect(bulleted('- ', message, 80)).toEqual(['- refused \\x1b[2J\\x1b[31mred\\x07']);
  expect(escaped(message)).toBe('refused \\\\x1b\\[2J\\\\x1b\\[31mred\\\\x07');
});
