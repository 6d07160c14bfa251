#!/usr/bin/env node
// Holds the one-way import rules with dependency-cruiser, and the number of modules it saw: without a parser that reads
// TypeScript it would read none and pass.
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

const sources = readdirSync('src', { recursive: true, withFileTypes: true }).filter(
  (entry) => entry.isFile() && entry.name.endsWith('.ts'),
).length;
const report = JSON.parse(
  execFileSync(join('node_modules', '.bin', 'depcruise'), ['src', '--output-type', 'json'], {
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  }),
);
const seen = report.modules.filter((module) => module.source.startsWith('src/')).length;
const edges = report.modules.reduce((sum, module) => sum + module.dependencies.length, 0);
const errors = report.summary.violations.filter((violation) => violation.rule.severity === 'error');
for (const violation of errors) console.error(`${violation.rule.name}: ${violation.from} -> ${violation.to}`);
if (seen !== sources) {
  console.error(`src holds ${sources} modules, dependency-cruiser read ${seen}`);
  process.exit(1);
}
if (edges === 0) {
  console.error('dependency-cruiser saw no import at all: its parser is not working');
  process.exit(1);
}
if (errors.length > 0) process.exit(1);
console.log(`import directions hold: ${seen} modules, ${edges} imports`);
