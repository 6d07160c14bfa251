import { Command, CommanderError } from 'commander';
import { EXIT_CODES } from '../verdict/exit-code.ts';
import { Failure } from './failure.ts';
import type { VerbContext } from './verbs/verb.ts';
import { VERBS } from './verbs/verbs.ts';
import { packageVersion } from './version.ts';

/** The program: parses the command line, runs one verb and gives the exit code. */
export async function main(argv: readonly string[], supervise: VerbContext['supervise']): Promise<number> {
  let exitCode = 0;
  const exitWith = (code: number): void => {
    exitCode = code;
  };
  const program = cli({ exitWith, supervise });
  try {
    await program.parseAsync([...argv]);
    return exitCode;
  } catch (error) {
    return explain(error);
  }
}

/** One sentence a line on stderr, never a stack trace unless LOADCELL_DEBUG asks for it. */
function explain(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_CODES['before-start'].code;
  if (error instanceof Failure) {
    // What follows a sentence indented (the line of the file, a caret) belongs to it.
    for (const line of error.message.split('\n'))
      process.stderr.write(line.startsWith(' ') ? `${line}\n` : `loadcell: ${line}\n`);
    return error.exitCode;
  }
  const detail = error instanceof Error ? error : new Error(String(error));
  process.stderr.write(`loadcell: a fault of the program itself: ${detail.message} (LOADCELL_DEBUG=1 shows where)\n`);
  if (process.env.LOADCELL_DEBUG === '1') process.stderr.write(`${detail.stack ?? ''}\n`);
  return EXIT_CODES['own-fault'].code;
}

function cli(context: VerbContext): Command {
  const program = new Command('loadcell')
    .description('Measures models in process or behind an endpoint, and says how far its own numbers can be trusted.')
    .version(packageVersion(), '--version', 'print the version')
    .helpOption('-h, --help', 'show this help')
    .helpCommand('help [verb]', 'show the help of a verb')
    .showSuggestionAfterError(true)
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(`loadcell: ${text.replace(/^error: /, '')}`) })
    .addHelpText('after', `\nExit codes:\n${exitCodes()}\n`);
  for (const add of VERBS) add(program, context);
  return program;
}

const exitCodes = (): string =>
  Object.values(EXIT_CODES)
    .map(({ code, meaning }) => `  ${String(code).padStart(3)}  ${meaning}`)
    .join('\n');
