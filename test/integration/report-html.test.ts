import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import { TestBrowser } from '../support/browser.ts';
import { foundPeak } from '../support/peak-result.ts';
import { asSearch, eventfulRun, HOSTILE, longRun, pageOf } from '../support/report-page.ts';
import { TOOLS, testWith } from '../support/tools.ts';

const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true } as const;

let browser: TestBrowser;
beforeAll(async () => {
  if (TOOLS.chromium.present()) browser = await TestBrowser.start();
});
afterAll(() => browser?.stop());

const eventful = pageOf(eventfulRun());
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Brings every chart near the window, as a reader does who scrolls to the end, until all are drawn. */
async function readThrough(page: Page): Promise<void> {
  for (const charts of await page.locator('[data-charts]').all()) {
    await charts.scrollIntoViewIfNeeded();
    await charts.locator('canvas').nth(7).waitFor({ state: 'attached' });
  }
}

/** Pixels of each drawn canvas that are not empty. The page's own types are not those of these tests, hence the text. */
const inked = (page: Page): Promise<number[]> =>
  page.evaluate<number[]>(`[...document.querySelectorAll('canvas')].map((canvas) => {
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    return data.filter((value, index) => index % 4 === 3 && value !== 0).length;
  })`);

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}

/** What axe finds wrong, by rule and place. */
async function violations(page: Page, rules: 'every rule' | readonly string[]): Promise<string[]> {
  await page.evaluate(axe);
  const only = rules === 'every rule' ? '{}' : JSON.stringify({ runOnly: rules });
  const found = await page.evaluate<readonly Violation[]>(`axe.run(${only}).then(({ violations }) => violations)`);
  return found.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary ?? ''}`),
  );
}

testWith(
  'chromium',
  'the page opens without a word on the console, asks for nothing else, and draws every chart',
  async () => {
    const { page, complaints } = await browser.open(eventful);
    await readThrough(page);
    const pixels = await inked(page);
    expect(pixels).toHaveLength(16);
    expect(pixels.filter((count) => count < 500)).toEqual([]);
    expect(complaints).toEqual([]);
    await page.close();
  },
);

testWith('chromium', 'texts of campaigns and targets are shown and never run', async () => {
  const { page, complaints } = await browser.open(eventful);
  expect(await page.title()).toMatch(/^sample: inconclusive/);
  expect(await page.locator('.description').textContent()).toContain(HOSTILE);
  expect(await page.locator('td .message').first().textContent()).toBe(HOSTILE);
  expect(await page.locator('img').count()).toBe(0);
  expect(complaints).toEqual([]);
  await page.close();
});

testWith(
  'chromium',
  'what is slipped into the page afterwards does not run either, and reaches no network',
  async () => {
    const { page, complaints } = await browser.open(
      eventful.replace(
        '</main>',
        `<script>document.title='owned'</script><img src="https://example.org/x.png"></main>`,
      ),
    );
    expect(await page.title()).not.toBe('owned');
    expect(complaints.filter((line) => line.includes('Content Security Policy')).length).toBeGreaterThanOrEqual(2);
    await page.close();
  },
);

for (const [name, rules, options] of [
  ['in light', 'every rule', { colorScheme: 'light' }],
  ['in the colours of dark', ['color-contrast'], { colorScheme: 'dark' }],
  ['that a thumb or a keyboard would miss on a phone', ['scrollable-region-focusable', 'target-size'], PHONE],
] as const) {
  testWith('chromium', `axe finds nothing wrong ${name}`, async () => {
    const { page } = await browser.open(eventful, options);
    await readThrough(page);
    await page.evaluate("for (const details of document.querySelectorAll('details')) details.open = true");
    expect(await violations(page, rules)).toEqual([]);
    await page.close();
  });
}

testWith('chromium', 'the curve of a search is drawn, read at its levels, and nothing is wrong with it', async () => {
  const { page, complaints } = await browser.open(pageOf(asSearch(eventfulRun(), foundPeak)));
  const curve = page.locator('[data-peak]');
  await curve.scrollIntoViewIfNeeded();
  const canvas = curve.locator('canvas');
  await canvas.waitFor({ state: 'attached' });
  const pixels = await inked(page);
  expect(pixels[0]).toBeGreaterThan(500);
  const box = await canvas.boundingBox();
  if (box === null) throw new Error('the curve has no place');
  await page.mouse.move(box.x + box.width - 30, box.y + box.height / 2);
  expect(await curve.locator('[data-peak-readout]').textContent()).toBe('512/s (bracket): 9211 of 15360 over, 60 %.');
  expect(await violations(page, 'every rule')).toEqual([]);
  expect(complaints).toEqual([]);
  await page.close();
});

testWith('chromium', 'on a phone nothing but tables scrolls sideways', async () => {
  const { page } = await browser.open(eventful, PHONE);
  await readThrough(page);
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
  await page.close();
});

testWith('chromium', 'the keyboard reads seconds, draws stretches larger and goes back', async () => {
  const { page } = await browser.open(eventful);
  await readThrough(page);
  const charts = page.locator('[data-charts="0"]');
  const spoken = charts.locator('[data-announce]');
  await charts.locator('.stack').focus();
  await page.keyboard.press('Home');
  expect(await spoken.textContent()).toContain('-2 s, warmup: P50 none');
  for (let i = 0; i < 7; i++) await page.keyboard.press('ArrowRight');
  expect(await spoken.textContent()).toContain('5 s, load: P50 beyond every response that came');
  expect(await spoken.textContent()).toContain('failed 40');
  await page.keyboard.press('+');
  const whole = charts.getByRole('button', { name: 'show the whole trial' });
  await whole.waitFor({ state: 'visible' });
  await page.keyboard.press('Escape');
  await whole.waitFor({ state: 'hidden' });
  await page.close();
});

testWith(
  'chromium',
  'a logarithmic axis, another trial and other curves are drawn when they are asked for',
  async () => {
    const { page, complaints } = await browser.open(eventful);
    await readThrough(page);
    const charts = page.locator('[data-charts="1"]');
    const picture = (chart: string): Promise<string> =>
      charts
        .locator(`[data-chart="${chart}"] canvas`)
        .evaluate((canvas: { toDataURL(): string }) => canvas.toDataURL());
    const summary = charts.locator('[data-chart="response"] .summary');
    const [linear, firstTrial] = [await picture('response'), await summary.textContent()];
    await charts.getByLabel('logarithmic milliseconds').check();
    const logarithmic = await picture('response');
    expect(logarithmic).not.toBe(linear);
    await charts.getByRole('combobox', { name: /^Trial/ }).selectOption('trial 2');
    expect(await summary.textContent()).not.toBe(firstTrial);
    expect(await picture('response')).not.toBe(logarithmic);
    await charts.getByRole('combobox', { name: /^Show/ }).selectOption('response of each phase');
    expect(await charts.locator('[data-distribution-key]').textContent()).toBe(
      ' level 1 (40/s) level 2 (80/s) level 3 (120/s)',
    );
    await charts.getByRole('button', { name: 'P99' }).click();
    expect(await charts.getByRole('button', { name: 'P99' }).getAttribute('aria-pressed')).toBe('false');
    expect(complaints).toEqual([]);
    await page.close();
  },
);

testWith('chromium', 'without its script the page says so and all tables are there', async () => {
  const { page } = await browser.open(eventful, { javaScriptEnabled: false });
  expect(await page.getByText('All tables are complete without it').isVisible()).toBe(true);
  expect(await page.getByRole('table').count()).toBeGreaterThan(10);
  expect(await page.getByRole('img', { name: /P50, P95 and P99/ }).isVisible()).toBe(true);
  await page.close();
});

testWith('chromium', 'before printing every chart is drawn on white and every fold opened', async () => {
  const { page } = await browser.open(pageOf(longRun(12)), { colorScheme: 'dark' });
  const drawn = (): Promise<number> => page.locator('canvas').count();
  expect(await drawn()).toBeLessThan(12 * 8);
  await page.pdf({ format: 'A4' });
  expect(await drawn()).toBe(12 * 8);
  await page.evaluate("dispatchEvent(new Event('beforeprint'))");
  await page.emulateMedia({ media: 'print' });
  expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(255, 255, 255)');
  expect(await page.locator('details:not([open])').count()).toBe(0);
  await page.close();
});

testWith('chromium', 'a page of 50 cells draws only what is near the window', async () => {
  const { page, complaints } = await browser.open(pageOf(longRun(50)));
  await page.getByRole('link', { name: 'target-40/load' }).first().click();
  await page.locator('[data-charts="39"] canvas').first().waitFor();
  expect(await page.locator('canvas').count()).toBeLessThan(10 * 8);
  expect(complaints).toEqual([]);
  await page.close();
});
