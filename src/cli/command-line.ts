import { Command, CommanderError, Option } from 'commander';
import { EXIT_CODES } from '../verdict/exit-code.ts';
import { Failure } from './failure.ts';
import type { Supervisor } from './supervise.ts';
import { packageVersion } from './version.ts';

/** The supervisor of the run, which may be at work already; whoever gives it also dismisses it. */
type Supervise = () => Supervisor;

/** The program: parses the command line, runs one verb and gives the exit code. */
export async function main(argv: readonly string[], supervise: Supervise): Promise<number> {
  let exitCode = 0;
  const program = cli((code) => {
    exitCode = code;
  }, supervise);
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

function cli(exitWith: (code: number) => void, supervise: Supervise): Command {
  const program = new Command('loadcell')
    .description('Measures models in process or behind an endpoint, and says how far its own numbers can be trusted.')
    .version(packageVersion(), '--version', 'print the version')
    .helpOption('-h, --help', 'show this help')
    .helpCommand('help [verb]', 'show the help of a verb')
    .showSuggestionAfterError(true)
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(`loadcell: ${text.replace(/^error: /, '')}`) })
    .addHelpText('after', `\nExit codes:\n${exitCodes()}\n`);
  addRun(program, exitWith, supervise);
  addPlan(program);
  addJudge(program, exitWith);
  addModel(program);
  return program;
}

const exitCodes = (): string =>
  Object.values(EXIT_CODES)
    .map(({ code, meaning }) => `  ${String(code).padStart(3)}  ${meaning}`)
    .join('\n');

/** Options that say what is run; shared by run and plan. */
function campaignOptions(command: Command): Command {
  return command
    .option(
      '--set <path=value>',
      'change one value of the campaign, for example fleet.agents=1 (repeatable)',
      collect,
      [],
    )
    .option('--with <overlay.yaml>', 'lay another file over the campaign (repeatable)', collect, [])
    .option('--seed <number>', 'seed of every random stream (default: the campaign file, else drawn)')
    .option('--allow-outside', 'let the campaign name files outside its own folder')
    .option('--allow-rate', "let a scenario exceed the campaign's guard.rate");
}

const collect = (value: string, earlier: readonly string[]): string[] => [...earlier, value];

function addRun(program: Command, exitWith: (code: number) => void, supervise: Supervise): void {
  campaignOptions(
    program
      .command('run')
      .description('run a campaign: plan, place agents, calibrate, measure, judge, write results/<run-id>/')
      .argument('<campaign.yaml>', 'the campaign file'),
  )
    .option('--results <dir>', 'where run folders go', 'results')
    .option('--json', 'print one JSON object { runId, folder, verdict, exitCode } on stdout and nothing else there')
    .option('--quiet', 'no progress, only the result')
    .option('--strict', 'a pass with cautions exits 11')
    .option('--fresh-calibration', 'calibrate this node even if a calibration of the last 24 h is at hand')
    .addOption(new Option('--listen <host:port>', 'where agents dial in').default('127.0.0.1:0'))
    .addHelpText(
      'after',
      `
Examples:
  loadcell run campaigns/smoke.yaml
  loadcell run campaigns/load.yaml --set fleet.agents=1 --set scenarios.load.load.rate=50/s
  loadcell run nightly.yaml --json --results /var/lib/loadcell > verdict.json

The first Ctrl-C drains, writes what there is and exits 130; a second one ends at once.`,
    )
    .action(async (file: string, options) => {
      const { runCampaign } = await import('./run.ts');
      exitWith(await runCampaign(file, options, supervise()));
    });
}

function addPlan(program: Command): void {
  campaignOptions(
    program
      .command('plan')
      .description('show what a campaign would do, and run nothing')
      .argument('<campaign.yaml>', 'the campaign file'),
  )
    .option('--json', 'print plan.json')
    .option(
      '--arrivals <cell>',
      'print sequence, phase and intended nanoseconds of every arrival of a cell, tab-separated',
    )
    .option('--trial <number>', 'with --arrivals: which trial', '1')
    .option('--agent <number>', 'with --arrivals: only the share of this agent, counted from 0')
    .addHelpText(
      'after',
      `
Examples:
  loadcell plan campaigns/smoke.yaml
  loadcell plan campaigns/smoke.yaml --arrivals classifier/load | sha256sum    (the schedule digest of plan.json)`,
    )
    .action(async (file: string, options) => {
      const { showPlan } = await import('./plan.ts');
      await showPlan(file, options);
    });
}

function addJudge(program: Command, exitWith: (code: number) => void): void {
  program
    .command('judge')
    .description('compute benchmarks.json, report.md and series again from a results folder, and give its verdict')
    .argument('<folder>', 'a results folder')
    .option('--json', 'print benchmarks.json on stdout')
    .option('--strict', 'a pass with cautions exits 11')
    .addHelpText('after', '\nExample:\n  loadcell judge results/20261122T051800Z-smoke-7f3a')
    .action(async (folder: string, options) => {
      const { judgeAgain } = await import('./judge.ts');
      exitWith(await judgeAgain(folder, options));
    });
}

function addModel(program: Command): void {
  const model = program.command('model').description('reference models, and facts about any ONNX model');
  model
    .command('make')
    .description('write a reference model')
    .argument('<name>', 'tiny-mlp, mobilenet-v2, mobilenet-v2-<width>-<resolution>, resnet-50 or bert-base')
    .requiredOption('--out <file.onnx>', 'where to write it')
    .addHelpText('after', '\nExample:\n  loadcell model make mobilenet-v2-1.0-128 --out m.onnx')
    .action(async (name: string, options: { out: string }) => {
      const { makeModel } = await import('./model.ts');
      await makeModel(name, options);
    });
  model
    .command('info')
    .description('opset, inputs, outputs and parameters of an ONNX model')
    .argument('<file.onnx>')
    .option('--json', 'print as JSON')
    .addHelpText('after', '\nExample:\n  loadcell model info m.onnx')
    .action(async (file: string, options: { json?: boolean }) => {
      const { showModel } = await import('./model.ts');
      await showModel(file, options);
    });
}
