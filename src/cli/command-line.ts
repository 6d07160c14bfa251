import { Command, CommanderError } from 'commander';
import { ResultsError } from '../coordinator/results-error.ts';
import { visible } from '../report/visible.ts';
import { EXIT_CODES, exitCodeOfError } from '../verdict/exit-code.ts';
import { Failure } from './failure.ts';
import type { VerbContext } from './verbs/verb.ts';
import { VERBS } from './verbs/verbs.ts';
import { packageVersion } from './version.ts';

/** Parses the command line, runs one verb and gives the exit code. */
export async function main(argv: readonly string[], supervise: VerbContext['supervise']): Promise<number> {
  let exitCode = 0;
  const exitWith = (code: number): void => {
    exitCode = code;
  };
  const program = programOf({ exitWith, supervise });
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
  if (error instanceof Failure || error instanceof ResultsError) {
    // What follows a sentence indented (the line of the file, a caret) belongs to it.
    for (const line of visible(error.message).split('\n'))
      process.stderr.write(line.startsWith(' ') ? `${line}\n` : `loadcell: ${line}\n`);
    return error instanceof Failure ? error.exitCode : exitCodeOfError(error.code);
  }
  const detail = error instanceof Error ? error : new Error(String(error));
  process.stderr.write(
    `loadcell: a fault of the program itself: ${visible(detail.message)} (LOADCELL_DEBUG=1 shows where)\n`,
  );
  if (process.env.LOADCELL_DEBUG === '1') process.stderr.write(`${detail.stack ?? ''}\n`);
  return EXIT_CODES['own-fault'].code;
}

/** The program with every verb; nothing runs before it parses. */
export function programOf(context: VerbContext): Command {
  const program = new Command('loadcell')
    .description('Measures models in process or behind an endpoint, and says how far its own numbers can be trusted.')
    .version(packageVersion(), '--version', 'print the version')
    .helpOption('-h, --help', 'show this help')
    .helpCommand(false)
    .showSuggestionAfterError(true)
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(`loadcell: ${text.replace(/^error: /, '')}`) })
    .addHelpText('after', AFTER);
  for (const add of VERBS) add(program, context);
  return program;
}

const exitCodes = Object.values(EXIT_CODES)
  .map(({ code, meaning }) => `  ${String(code).padStart(3)}  ${meaning}`)
  .join('\n');

const AFTER = `
Examples:
  loadcell doctor                                  what would stop or disturb a run on this machine
  loadcell bench --model mobilenet-v2 --rate 50/s  one model, one load
  loadcell plan campaigns/smoke.yaml               what a campaign would do
  loadcell run campaigns/smoke.yaml                do it
  loadcell show                                    the last result again

Environment:
  NO_COLOR          set to anything: no colour
  XDG_CACHE_HOME    where models and calibrations are kept, in loadcell/ (default: ~/.cache)
  XDG_STATE_HOME    where the key that secrets are digested under is kept (default: ~/.local/state)
  LOADCELL_SECRET_KEY_FILE
                    a file with that key, for agents that are to share one
  LOADCELL_DEBUG=1  show where a fault of the program itself came from

Exit codes:
${exitCodes}
`;
