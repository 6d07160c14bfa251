import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { programOf } from '../../src/cli/command-line.ts';
import { EXIT_CODES } from '../../src/verdict/exit-code.ts';
import { benchmarksOf, freshFolder, loadcell } from '../support/loadcell.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const readme = readFileSync(join(root, 'README.md'), 'utf8');

/** The commands of every shell block of a page. */
const commandsOf = (page: string): string[] =>
  [...page.matchAll(/```sh\n([^`]*)```/g)].flatMap(([, block = '']) => block.trim().split('\n'));

test('every command that the README shows exists, and those of the installed command run as they stand', {
  timeout: 240_000,
}, async () => {
  const commands = commandsOf(readme);
  expect(commands).toContain('npm start');
  expect(commands).toContain('npm test');
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  for (const command of commands) {
    const [program, verb = '', ...rest] = command.split(/\s+/);
    if (program === 'npm') {
      expect(scripts[verb === 'run' ? (rest[0] ?? '') : verb], command).toBeDefined();
      continue;
    }
    expect([program, verb], command).toEqual(['npx', 'loadcell']);
    const results = freshFolder();
    const words = rest.map((word) => (word.endsWith('.yaml') ? join(root, word) : word));
    // A run of minutes is cut short here; everything else is called as shown.
    const short =
      rest[0] === 'run' ? ['--set', 'scenarios.load.load.for=3s', '--set', 'trials=1', '--set', 'warmup=0s'] : [];
    const ended = await loadcell([...words, ...short], results).ended;
    const verdicts: readonly (number | null)[] = rest[0] === 'run' ? [0, 10, 12, 13] : [0];
    expect(verdicts, `${command}: ${ended.stderr}`).toContain(ended.code);
    if (rest[0] === 'run') expect(benchmarksOf(results).cells.length).toBeGreaterThan(0);
  }
});

const nobody = (): never => {
  throw new Error('nothing runs here');
};
const program = programOf({ exitWith: nobody, supervise: nobody });

test('the README lists every verb', () => {
  const listed = [...readme.matchAll(/^\| ((?:`[a-z-]+`(?:, )?)+) \| /gm)].flatMap(([, names = '']) =>
    [...names.matchAll(/`([a-z-]+)`/g)].map(([, name = '']) => name),
  );
  const verbs = program.commands.map((verb) => verb.name());
  expect(listed.sort()).toEqual(verbs.sort());
});

const pages = ['README.md', 'CONTRIBUTING.md', 'k6/README.md', 'results/README.md'].concat(
  ['docs', 'docs/decisions'].flatMap((folder) =>
    readdirSync(join(root, folder)).flatMap((name) => (name.endsWith('.md') ? [`${folder}/${name}`] : [])),
  ),
);
const proseOf = (page: string): string => readFileSync(join(root, page), 'utf8').replaceAll(/^```[\s\S]*?^```/gm, '');

/** As the sites that show Markdown make them of headings. */
const anchorsOf = (page: string): string[] =>
  [...proseOf(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-'),
  );

test.each(pages)('what %s links to is there', (page) => {
  for (const [, link = ''] of proseOf(page).matchAll(/\]\((?!https?:)([^)]+)\)/g)) {
    const [path = '', anchor] = link.split('#');
    const file = path === '' ? page : join(dirname(page), path);
    expect(existsSync(join(root, file)), link).toBe(true);
    if (anchor !== undefined) expect(anchorsOf(file), link).toContain(anchor);
  }
});

test.each(pages)('every table of %s begins with its heading', (page) => {
  const lines = proseOf(page).split('\n');
  const firsts = lines.flatMap((line, index) =>
    line.startsWith('|') && !lines[index - 1]?.startsWith('|') ? [index] : [],
  );
  for (const first of firsts) expect(lines[first + 1], lines[first]).toMatch(/^\|(?:[ :]*-+[ :]*\|)+$/);
});

/** Calls of the program that a page shows, in blocks and in text, as words. */
function callsIn(page: string): readonly (readonly string[])[] {
  const blocks = [...readFileSync(join(root, page), 'utf8').matchAll(/^```.*\n([\s\S]*?)^```/gm)];
  const spans = [...proseOf(page).matchAll(/`([^`]+)`/g)];
  return [...blocks, ...spans].flatMap(([, code = '']) =>
    [...code.replaceAll(/\\?\n(?=\s*--)/g, ' ').matchAll(/(?:^|npx |[|(;&] *)loadcell ([a-z][^\n|;&)#]*)/gm)].map(
      ([, words = '']) => words.trim().split(/\s+/),
    ),
  );
}

test('pages show calls of the program, which are found', () => {
  expect(pages.flatMap(callsIn).length).toBeGreaterThan(40);
});

test.each(pages)('every call of the program on %s is of a verb that there is, with flags that it has', (page) => {
  for (const words of callsIn(page)) {
    let verb = program;
    for (const word of words) verb = verb.commands.find((one) => one.name() === word) ?? verb;
    const shown = `loadcell ${words.join(' ')}`;
    expect(verb, shown).not.toBe(program);
    const flags = [...verb.options.map(({ long }) => long), '--help'];
    for (const flag of words.filter((word) => word.startsWith('--'))) expect(flags, shown).toContain(flag);
  }
});

test('the exit codes that the README lists are those of the program', () => {
  const listed = [...readme.matchAll(/^\| (\d+) \| /gm)].map(([, code]) => Number(code));
  expect(listed).toEqual(Object.values(EXIT_CODES).map(({ code }) => code));
});
