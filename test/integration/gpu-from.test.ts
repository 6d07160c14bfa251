import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { freshFolder, loadcell } from '../support/loadcell.ts';

const fixture = (name: string): string => fileURLToPath(new URL(`../gpu-fixtures/${name}`, import.meta.url));

test('loadcell gpu --from shows a recorded output, as text and as JSON with units', async () => {
  const [text, json] = await Promise.all([
    loadcell(['gpu', '--from', fixture('smi-v12-mig.xml')]).ended,
    loadcell(['gpu', '--from', fixture('query.csv'), '--json']).ended,
  ]);
  expect(text).toMatchObject({ code: 0, stderr: '' });
  expect(text.stdout).toContain('smi-v12-mig.xml: nvidia-smi -q -x\n');
  expect(text.stdout).toContain('221.07 W');
  expect(json).toMatchObject({ code: 0, stderr: '' });
  const shown = JSON.parse(json.stdout);
  expect(shown).toMatchObject({ format: 'nvidia-smi-query', driver: '595.80' });
  expect(shown.units).toMatchObject({ 'power.draw': 'W', 'utilization.gpu': 'ratio', 'memory.used': 'bytes' });
  expect(shown.samples[0].readings['utilization.gpu']).toEqual({ kind: 'number', value: 0.29 });
  expect(shown.samples[1].readings['power.draw']).toEqual({ kind: 'missing', reason: 'not_supported' });
  for (const { readings } of shown.samples) {
    for (const name of Object.keys(readings)) expect(shown.units[name]).toBeDefined();
  }
});

test('what PowerShell redirects is read, what no tool prints is refused in one sentence', async () => {
  const folder = freshFolder();
  const written = (name: string, content: string | Uint8Array): string => {
    writeFileSync(join(folder, name), content);
    return name;
  };
  const utf16 = Buffer.from('\uFEFFGPU 0: NVIDIA L4 (UUID: GPU-12345678-0000)\r\n', 'utf16le');
  const read = async (file: string) => await loadcell(['gpu', '--from', file], folder).ended;
  const listed = await read(written('list.txt', utf16));
  expect(listed.stderr).toBe('');
  expect(listed.stdout).toContain('GPU-12345678-0000, NVIDIA L4, index 0');
  const cases = [
    ['none.txt', 'none.txt: ENOENT: '],
    [written('empty.txt', ''), 'empty.txt: found no text, expected the output of nvidia-smi'],
    [written('odd.txt', 'hello \u001b[31mthere\n'), 'odd.txt: found "hello  [31mthere", expected the output of'],
    [
      written('table.txt', '| NVIDIA-SMI 590.48.01   Driver Version: 590.48.01 |\n'),
      "table.txt: found nvidia-smi's table, which leaves out and cuts off",
    ],
  ] as const;
  for (const [file, sentence] of cases) {
    const { code, stdout, stderr } = await read(file);
    expect(code).toBe(64);
    expect(stdout).toBe('');
    expect(stderr).toContain(`loadcell: --from ${sentence}`);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  }
});
