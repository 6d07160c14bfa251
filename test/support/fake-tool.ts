import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A folder to put first on PATH, in which a command does what a script of the shell says. */
export function fakeTools(scripts: Readonly<Record<string, string>>): {
  readonly env: Readonly<Record<string, string>>;
  remove(): void;
} {
  const folder = mkdtempSync(join(tmpdir(), 'loadcell-tools-'));
  for (const [name, script] of Object.entries(scripts)) {
    const path = join(folder, name);
    writeFileSync(path, `#!/bin/sh\n${script}\n`);
    chmodSync(path, 0o755);
  }
  return {
    env: { PATH: `${folder}${delimiter}${process.env.PATH ?? ''}` },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

const FIELDS = [
  'timestamp',
  'index',
  'uuid',
  'name',
  'power.draw [W]',
  'clocks.current.sm [MHz]',
  'temperature.gpu',
  'utilization.gpu [%]',
  'memory.used [MiB]',
];
const row = (index: number, values: string): string =>
  `2026/11/28 10:00:00.000, ${index}, GPU-00000000-0000-4000-8000-00000000000${index}, NVIDIA T4, ${values}`;

/** What it says of the node with -q -x. */
const INVENTORY = fileURLToPath(new URL('../gpu-fixtures/smi-v12-mig.xml', import.meta.url));

/** A `nvidia-smi` for two GPUs: with -lms it prints rows until it is killed, and once otherwise. `second`: what follows the first rows. */
export function fakeNvidiaSmi(second: 'the same' | 'unknown errors'): string {
  const rows = (values: string): string => [0, 1].map((index) => `echo '${row(index, values)}'`).join('\n');
  const good = rows('68.20, 1005, 61, 91, 5120');
  const later = second === 'the same' ? good : rows(Array(5).fill('[Unknown Error]').join(', '));
  return `
case "$*" in
  *-q\\ -x*) cat '${INVENTORY}'; exit 0 ;;
esac
echo '${FIELDS.join(', ')}'
${good}
case "$*" in
  *-lms*) while sleep 0.1; do
${later}
  done ;;
esac`;
}
