import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { freshFolder, loadcell } from '../support/loadcell.ts';
import { testWith } from '../support/tools.ts';

const bin = fileURLToPath(new URL('../../bin/loadcell.js', import.meta.url));

const script = (shell: string): string =>
  execFileSync(process.execPath, [bin, 'completion', shell], {
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
  });

/** A user's folder: campaigns, a model, a folder with a space, two runs, and runs elsewhere. */
function userFolder(): string {
  const folder = freshFolder();
  for (const name of [
    'results/20261122T051800Z-smoke-7f3a',
    'results/20261123T051800Z-load-01ab',
    'my models',
    'old/a-run',
  ]) {
    mkdirSync(join(folder, name), { recursive: true });
  }
  for (const name of ['smoke.yaml', 'soak.yml', 'notes.txt', 'm.onnx']) writeFileSync(join(folder, name), '');
  return folder;
}

const folder = userFolder();

/** The line up to the cursor, and what is offered there, in the shell's own order. */
const CASES: readonly (readonly [line: string, offered: readonly string[], exactly: 'all' | 'among'])[] = [
  ['loadcell cal', ['calibrate'], 'all'],
  ['loadcell ', ['run', 'plan', 'bench', 'judge', 'model', 'calibrate', 'doctor', 'completion', 'help'], 'among'],
  ['loadcell model ', ['make', 'info'], 'all'],
  ['loadcell model make bert', ['bert-base'], 'all'],
  ['loadcell run --fresh', ['--fresh-calibration'], 'all'],
  ['loadcell run s', ['smoke.yaml', 'soak.yml'], 'all'],
  ['loadcell run --set trials=2 s', ['smoke.yaml', 'soak.yml'], 'all'],
  ['loadcell run --with n', [], 'all'],
  ['loadcell calibrate --pacing ', ['precise', 'lowCpu'], 'all'],
  ['loadcell calibrate --quiet --pacing l', ['lowCpu'], 'all'],
  ['loadcell bench --model m.', ['m.onnx'], 'all'],
  ['loadcell bench --model res', ['resnet-50', 'results'], 'all'],
  ['loadcell judge 2', ['20261122T051800Z-smoke-7f3a', '20261123T051800Z-load-01ab'], 'all'],
  ['loadcell judge --results old a', ['a-run'], 'all'],
  ['loadcell judge la', ['latest'], 'all'],
  ['loadcell help cal', ['calibrate'], 'all'],
  ['loadcell completion ', ['bash', 'zsh', 'fish'], 'all'],
];

function judged(line: string, found: readonly string[], offered: readonly string[], exactly: 'all' | 'among'): void {
  const names = found.map((name) => name.replace(/\/$/, ''));
  if (exactly === 'all') expect([...names].sort(), line).toEqual([...offered].sort());
  else expect(names, line).toEqual(expect.arrayContaining([...offered]));
}

/** Calls the function that `complete` names, as readline does, and prints what it leaves in COMPREPLY. */
const BASH = `
source "$1"; shift
[[ $(complete -p loadcell) == 'complete -F _loadcell loadcell' ]] || exit 3
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
_loadcell loadcell
printf '%s\\n' "\${COMPREPLY[@]}"
`;

testWith('bash', 'bash completes verbs, options, values, campaigns, models and runs', () => {
  const file = join(freshFolder(), 'loadcell.bash');
  writeFileSync(file, script('bash'));
  const complete = (words: readonly string[]): string[] =>
    execFileSync('bash', ['--norc', '-c', BASH, 'bash', file, ...words], { cwd: folder, encoding: 'utf8' })
      .split('\n')
      .filter((name) => name !== '');
  for (const [line, offered, exactly] of CASES) judged(line, complete(line.split(' ')), offered, exactly);
  judged('a space', complete(['loadcell', 'runs', '--results', 'my']), ['my models'], 'all');
});

testWith('fish', 'fish completes verbs, options, values, campaigns, models and runs', () => {
  const file = join(freshFolder(), 'loadcell.fish');
  writeFileSync(file, script('fish'));
  for (const [line, offered, exactly] of CASES) {
    const found = execFileSync('fish', ['--no-config', '-c', `source ${file}; complete -C '${line}'`], {
      cwd: folder,
      encoding: 'utf8',
    });
    const names = found.split('\n').flatMap((row) => (row === '' ? [] : [row.split('\t')[0] ?? '']));
    judged(line, names, offered, exactly);
  }
});

/** A real interactive zsh: what Tab makes of a line is what is run. */
const ZSH = `
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "PROMPT=; unset zle_bracketed_paste; autoload -Uz compinit; compinit -u -D; source $1"
zpty -w shell 'loadcell() { print -r -- "RAN""[$*]" }; print RE""ADY'
zpty -r -m shell seen '*READY*'
for line in "\${@:2}"; do
  zpty -w -n shell "$line"$'\\t\\n'
  zpty -r -m shell seen '*RAN\\[*\\]*'
  print -r -- "\${\${seen##*RAN\\[}%%\\]*}"
done
zpty -d shell
`;

testWith('zsh', 'zsh completes a line to the one thing that it can mean', () => {
  const file = join(freshFolder(), '_loadcell');
  writeFileSync(file, script('zsh'));
  const lines: readonly (readonly [string, string])[] = CASES.flatMap(([line, offered, exactly]) =>
    exactly === 'all' && offered.length === 1 ? [[line, offered[0] ?? ''] as const] : [],
  );
  expect(lines.length).toBeGreaterThan(6);
  const { stdout, stderr } = spawnSync('zsh', ['-f', '-c', ZSH, 'zsh', file, ...lines.map(([line]) => line)], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 50_000,
    env: { ...process.env, TERM: 'dumb' },
  });
  const made = stdout
    .trimEnd()
    .split('\n')
    .map((row) => row.trim());
  const wanted = lines.map(([line, offered]) => [...line.split(' ').slice(1, -1), offered].join(' '));
  expect(made, stderr).toEqual(wanted);
});

test('a shell that is not known is refused with those that are', async () => {
  const ended = await loadcell(['completion', 'tcsh']).ended;
  expect(ended.code).toBe(64);
  expect(ended.stderr).toMatch(
    /^loadcell: .*'tcsh' is invalid for argument 'shell'\. Allowed choices are bash, zsh, fish\./,
  );
});
