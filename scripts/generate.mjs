#!/usr/bin/env node
// Regenerates what is generated and committed: the wire's code, the JSON Schemas and the script of report.html.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const bin = (name) => join('node_modules', '.bin', name);
for (const module of ['src/wire/proto', 'src/wire/metrics/proto', 'src/oip/proto'])
  execFileSync(bin('buf'), ['lint', module], { stdio: 'inherit' });
execFileSync(bin('buf'), ['generate'], {
  stdio: 'inherit',
  env: { ...process.env, PATH: `node_modules/.bin:${process.env.PATH}` },
});
if (existsSync('scripts/schemas.ts')) execFileSync(process.execPath, ['scripts/schemas.ts'], { stdio: 'inherit' });
execFileSync(process.execPath, ['scripts/page-script.ts'], { stdio: 'inherit' });
