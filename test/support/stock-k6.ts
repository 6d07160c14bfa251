import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freshFolder } from './loadcell.ts';
import { K6 } from './tools.ts';

/** The real k6 as a stock one is: it does not say that it has loadcell's output, and so is not asked for it. */
export function stockK6(): string {
  const path = join(freshFolder(), 'k6');
  writeFileSync(
    path,
    `#!/bin/sh
if [ "$1" = version ]; then "${K6}" version | grep -v loadcell; else exec "${K6}" "$@"; fi
`,
  );
  chmodSync(path, 0o755);
  return path;
}
