import { expect, test } from 'vitest';
import { eventfulRun, pageOf } from '../support/report-page.ts';

/** The page without what is not its own form: programs, styles, digests of both, sentences of verdicts, and the points of its charts. */
const skeleton = (page: string): string =>
  page
    .replaceAll(/<(style|script)>.*?<\/\1>/gs, '<$1>…</$1>')
    .replaceAll(/sha256-[\w+/=]{44}/g, 'sha256-…')
    .replaceAll(/<br>.*<\/li>/g, '<br>…</li>')
    .replaceAll(/\[(?:-?[\d.]+|null)(?:,(?:-?[\d.]+|null))*\]/g, '[…]');

test('the form of report.html', async () => {
  await expect(skeleton(pageOf(eventfulRun()))).toMatchFileSnapshot('report/report.html.txt');
});

test('the same run gives the same page', () => {
  expect(pageOf(eventfulRun())).toBe(pageOf(eventfulRun()));
});
