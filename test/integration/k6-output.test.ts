import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { goEnvironment, goFor } from '../../scripts/go-toolchain.mjs';
import { testWith } from '../support/tools.ts';

const MODULE = fileURLToPath(new URL('../../k6', import.meta.url));

testWith(
  'go',
  "k6's output extension holds its own tests",
  () => {
    const go = goFor(MODULE);
    if (go.kind !== 'ready') throw new Error(`Go is ${go.kind}`);
    const env = goEnvironment(go.command, process.env);
    const result = spawnSync(go.command, ['test', './output/...'], { cwd: MODULE, encoding: 'utf8', env });
    expect(`${result.stdout}${result.stderr}`).toMatch(/^ok\s+loadcell\/k6\/output/m);
    expect(result.status).toBe(0);
  },
  600_000,
);
