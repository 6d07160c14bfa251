import type { Command } from 'commander';
import { expect, test } from 'vitest';
import { programOf } from '../../../src/cli/command-line.ts';
import { EXIT_CODES } from '../../../src/verdict/exit-code.ts';

/** Never asked to run anything: only its pages are read. */
const program = programOf({
  exitWith: () => {},
  supervise: () => {
    throw new Error('nothing is run here');
  },
});

const pathOf = (command: Command): string =>
  command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
const below = (command: Command): Command[] => [command, ...command.commands.flatMap(below)];
const all = below(program).map((command) => [pathOf(command), command] as const);

function pageOf(command: Command): string {
  let page = '';
  command.configureOutput({
    writeOut: (text) => {
      page += text;
    },
  });
  command.outputHelp();
  return page;
}

/** Commands of the examples, continuation lines joined, what a shell does with them left out. */
const examplesOf = (page: string): string[] =>
  (page.split(/\nExamples?:\n/)[1] ?? '')
    .replaceAll('\\\n', ' ')
    .split('\n')
    .flatMap((line) => /^ {2}(?:source <\()?(loadcell .*)$/.exec(line)?.[1] ?? [])
    .map(
      (line) =>
        line
          .split(/ {2,}(?=[a-z(])| [|>] |\)/)[0]
          ?.replaceAll(/\s+/g, ' ')
          .trim() ?? '',
    );

const findCommand = (words: readonly string[]): Command =>
  words.reduce((command, word) => command.commands.find((verb) => verb.name() === word) ?? command, program);

test.each(all)(
  '%s --help says what it is for, explains every option and place, and shows examples',
  (path, command) => {
    const page = pageOf(command);
    expect(command.description(), path).not.toBe('');
    for (const { description, flags } of command.options) expect(description, flags).not.toBe('');
    const examples = examplesOf(page);
    expect(examples.length, page).toBeGreaterThan(0);
    expect(page).not.toContain('\u001b');
    for (const line of page.split('\n')) expect(line.length, line).toBeLessThanOrEqual(125);
  },
);

test.each(all)('the examples of %s use verbs and options that exist', (path, command) => {
  for (const example of examplesOf(pageOf(command))) {
    if (command !== program) expect(example.startsWith(path), `${example} shows ${path}`).toBe(true);
    const words = example.split(' ').slice(1);
    const options = findCommand(words).options.flatMap(({ long, short }) => [long, short]);
    for (const word of words.filter((each) => each.startsWith('-'))) expect(options, example).toContain(word);
  }
});

test('a reader of the program finds --json wherever a verb tells a result', () => {
  const telling = ['run', 'plan', 'bench', 'peak', 'judge', 'calibrate', 'doctor', 'show', 'runs', 'model info'];
  for (const name of telling) {
    const options = findCommand(name.split(' ')).options.map(({ long }) => long);
    expect(options, name).toContain('--json');
  }
});

test('the front page lists every exit code', () => {
  const page = pageOf(program);
  for (const { code, meaning } of Object.values(EXIT_CODES)) expect(page).toContain(`${code}  ${meaning}`);
});
