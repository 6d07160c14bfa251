import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { pageScriptFile, pageScriptSource } from '../../../../scripts/page-script.ts';

test('the committed script of the page is what its sources make', async () => {
  expect(readFileSync(pageScriptFile, 'utf8')).toBe(await pageScriptSource());
});
