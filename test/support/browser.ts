import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { CHROMIUM } from './tools.ts';

/** A page opened from a file, and everything that it should not have done. */
export interface Opened {
  readonly page: Page;
  /** Console lines but plain ones, errors, and requests for anything beside the file. */
  readonly complaints: string[];
}

/** A real Chromium for the tests of one file. */
export class TestBrowser {
  readonly #folder = mkdtempSync(join(tmpdir(), 'loadcell-page-'));
  readonly #browser: Browser;

  private constructor(browser: Browser) {
    this.#browser = browser;
  }

  static async start(): Promise<TestBrowser> {
    return new TestBrowser(await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] }));
  }

  async open(html: string, options: BrowserContextOptions = {}): Promise<Opened> {
    const file = join(this.#folder, 'report.html');
    writeFileSync(file, html);
    const url = pathToFileURL(file).href;
    const page = await this.#browser.newPage({ viewport: { width: 1280, height: 900 }, ...options });
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
    page.on('request', (asked) => {
      if (asked.url() !== url) complaints.push(`request: ${asked.url()}`);
    });
    await page.goto(url);
    return { page, complaints };
  }

  async stop(): Promise<void> {
    await this.#browser.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
