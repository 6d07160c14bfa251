import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { PageKit } from '../report/html/page.ts';

/** What `report.html` takes from the installed uPlot, and the digest that its policy names its own script by. */
export function pageKit(): PageKit {
  const folder = dirname(createRequire(import.meta.url).resolve('uplot'));
  return {
    uplotScript: readFileSync(join(folder, 'uPlot.iife.min.js'), 'utf8'),
    uplotStyle: readFileSync(join(folder, 'uPlot.min.css'), 'utf8'),
    sha256: (text) => createHash('sha256').update(text, 'utf8').digest('base64'),
  };
}
