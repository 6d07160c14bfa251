import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';

const module = fileURLToPath(new URL('../../../src/wire/compile-cache.ts', import.meta.url));

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'loadcell-compile-cache-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** What a process that begins with `prelude` prints of where it keeps compiled code, and where its child does. */
function places(prelude: string): { readonly own: string | null; readonly child: string | null } {
  const print = "process.stdout.write(JSON.stringify(require('node:module').getCompileCacheDir() ?? null))";
  const program = `
    import { execFileSync } from 'node:child_process';
    import { enableCompileCache, getCompileCacheDir } from 'node:module';
    ${prelude}
    const { compileCacheEnvironment } = await import(${JSON.stringify(module)});
    const env = { ...process.env, ...compileCacheEnvironment() };
    const child = JSON.parse(execFileSync(process.execPath, ['-e', ${JSON.stringify(print)}], { env }));
    process.stdout.write(JSON.stringify({ own: getCompileCacheDir() ?? null, child }));`;
  const { NODE_COMPILE_CACHE: _, ...env } = process.env;
  return JSON.parse(String(execFileSync(process.execPath, ['--input-type=module', '-e', program], { env })));
}

test('a child reads compiled code from where its parent keeps its own', () => {
  const { own, child } = places(`enableCompileCache(${JSON.stringify(folder)});`);
  expect(own).toContain(folder);
  expect(child).toBe(own);
});

test('a child of a process that keeps no compiled code keeps none', () => {
  expect(places('')).toEqual({ own: null, child: null });
});
