import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { companionsOf } from '../../../src/cli/companions.ts';
import { sha256Of } from '../../support/canned-pieces.ts';
import { temporaryFolder } from '../../support/onnx-files.ts';

test('what a script imports, opens and loads comes along, and what that imports; what it does not name stays', async () => {
  const folder = temporaryFolder();
  for (const name of ['lib', 'lib/deep', 'protos']) mkdirSync(join(folder, name));
  const files = {
    'script.ts': `import http from 'k6/http'; import { a } from "./lib/a.ts"; export * from './lib/b.js';
const rows = open('rows.json'); client.load(['protos'], './protos/api.proto'); import('./script.ts'); http.get('https://x/y.json');`,
    'lib/a.ts': "import { c } from './deep/c.mjs'; import '../script.ts';",
    'lib/b.js': 'const found = `../words.txt`;',
    'lib/deep/c.mjs': 'export const c = 1;',
    'rows.json': '["./unnamed.txt"]',
    'words.txt': 'words',
    'protos/api.proto': 'syntax = "proto3";',
    'unnamed.txt': '',
    'beside.ts': '',
  };
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  const found = await companionsOf(join(folder, 'script.ts'));
  expect(found.map(({ path }) => path.slice(folder.length + 1)).sort()).toEqual(
    ['lib/a.ts', 'lib/b.js', 'lib/deep/c.mjs', 'protos/api.proto', 'rows.json', 'words.txt'].sort(),
  );
  expect(found.find(({ path }) => path.endsWith('words.txt'))).toEqual({
    path: join(folder, 'words.txt'),
    sha256: sha256Of('words'),
    bytes: 5,
  });
});
