import { readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { parseGateFile } from '../campaign/gate-file.ts';
import type { GatePolicy } from '../campaign/gate-policy.ts';
import { mistakeWithLine } from '../campaign/mistake.ts';
import { gateText } from '../report/gate-text.ts';
import { EXIT_CODES } from '../verdict/exit-code.ts';
import type { GateResult } from '../verdict/gate/result.ts';
import { Failure } from './failure.ts';
import { beginGate, type GateEnd, type PairedOptions, resumeGate } from './gate/paired.ts';
import { publish } from './gate/publish.ts';
import { type SelfTest, selfTest } from './gate/self-test.ts';
import { gateStored } from './gate/stored.ts';
import { paintFor } from './progress.ts';
import { nearPath } from './result-lines.ts';
import { folderOf } from './run-argument.ts';

export interface GateOptions extends PairedOptions {
  readonly baseline?: string;
  readonly candidate?: string;
  readonly policy?: string;
  readonly resume?: string;
  readonly selfTest?: boolean;
  /** A run to hold against earlier nights. */
  readonly stored?: string;
  readonly store?: string;
}

const USAGE = EXIT_CODES['before-start'].code;

/** `loadcell gate`. Resolves to the exit code that the policy gives the verdict. */
export async function runGate(options: GateOptions): Promise<number> {
  const kind = asked(options);
  const policy = options.policy === undefined ? null : await policyOf(options.policy);
  switch (kind) {
    case 'self-test':
      return proven(await selfTest(policy, options), options);
    case 'stored':
      return againstStored(options.stored ?? 'latest', policy, options);
    case 'resume':
      return told(await resumeGate(options.resume ?? '', options), options);
    case 'paired':
      return told(await paired(policy, options), options);
  }
}

type Asked = 'self-test' | 'stored' | 'resume' | 'paired';

/** What each way to ask for a gate may not be given beside it. */
const BESIDE: Readonly<Record<Exclude<Asked, 'paired'>, readonly (keyof GateOptions)[]>> = {
  'self-test': ['stored', 'resume', 'baseline', 'candidate'],
  stored: ['resume', 'baseline', 'candidate'],
  resume: ['baseline', 'candidate', 'policy'],
};

const EXPECTED: Readonly<Record<Exclude<Asked, 'paired'>, string>> = {
  'self-test': 'nothing that says what is gated: it has targets of its own',
  stored: 'one of them: a gate is against stored nights, or of two campaigns',
  resume: 'none: a gate goes on with its own',
};

/** Exactly one kind of gate; what would be left out silently is refused. */
function asked(options: GateOptions): Asked {
  const { selfTest: self, stored, resume } = options;
  const kind =
    self === true ? 'self-test' : stored !== undefined ? 'stored' : resume !== undefined ? 'resume' : 'paired';
  if (kind === 'paired') return kind;
  const beside = BESIDE[kind].filter((key) => options[key] !== undefined).map((key) => `--${key}`);
  if (beside.length === 0) return kind;
  throw new Failure(USAGE, `--${kind}: found ${beside.join(' and ')} beside it, expected ${EXPECTED[kind]}`);
}

async function againstStored(run: string, policy: GatePolicy | null, options: GateOptions): Promise<number> {
  const result = await gateStored(run, policy, options);
  const folder = await folderOf(run, options);
  const into = join(resolve(options.results), 'gates', `${basename(folder)}-stored`);
  return told({ kind: 'decided', folder: into, result }, options);
}

function paired(policy: GatePolicy | null, options: GateOptions): Promise<GateEnd> {
  const { baseline, candidate } = options;
  if (baseline !== undefined && candidate !== undefined) return beginGate({ baseline, candidate }, policy, options);
  throw new Failure(
    USAGE,
    'gate: expected two campaigns, for example loadcell gate --baseline main.yaml --candidate change.yaml',
  );
}

async function policyOf(path: string): Promise<GatePolicy> {
  const text = await readFile(path, 'utf8').catch(() => null);
  if (text === null)
    throw new Failure(USAGE, `--policy: ${path}: cannot be read, expected a YAML file, for example threshold: 5%`);
  const parsed = parseGateFile(text, basename(path));
  if (parsed.ok) return parsed.policy;
  throw new Failure(
    USAGE,
    parsed.mistakes.map((mistake) => mistakeWithLine(mistake, text)),
  );
}

/** Writes what was decided and prints it. */
async function told(end: GateEnd, { json }: GateOptions): Promise<number> {
  if (end.kind === 'interrupted') return stopped(end.folder);
  const { folder, result } = end;
  await publish(folder, result, process.env, process.stderr);
  if (json === true) process.stdout.write(`${JSON.stringify(inBrief(folder, result))}\n`);
  else printed(folder, result);
  return result.exitCode;
}

function stopped(folder: string): number {
  process.stderr.write(
    `loadcell: the gate was stopped; its pairs are kept, go on with: loadcell gate --resume ${nearPath(folder)}\n`,
  );
  return EXIT_CODES.interrupted.code;
}

const inBrief = (folder: string, { verdict, exitCode }: GateResult) => ({ folder, verdict, exitCode });

function printed(folder: string, result: GateResult): void {
  const text = gateText(result, paintFor(process.stdout, process.env));
  process.stdout.write(text.replace(/^gate {5}/m, `results  ${nearPath(folder)}\ngate     `));
}

const PROOF = {
  yes: { exit: 'pass', says: 'the slowdown of twice the threshold failed, and what had not changed did not' },
  no: {
    exit: 'fail',
    says: 'the gate did not tell them apart: trust no verdict of it here; see what loadcell doctor says of this machine',
  },
  'not-told': {
    exit: 'invalid',
    says: 'the measurements are invalid, so nothing is proven; see what loadcell doctor says of this machine',
  },
} as const;

/** A fail is what a self-test wants of one of its gates: they leave neither a summary nor annotations in a CI job. */
async function proven(test: SelfTest, { json }: GateOptions): Promise<number> {
  const ends = [test.unchanged, ...(test.slowed === null ? [] : [test.slowed])];
  for (const end of ends) if (end.kind === 'decided') await publish(end.folder, end.result, {}, process.stderr);
  if (json !== true) for (const end of ends) if (end.kind === 'decided') printed(end.folder, end.result);
  if (ends.some(({ kind }) => kind === 'interrupted')) {
    process.stderr.write('loadcell: the self-test was stopped, and proves nothing\n');
    return EXIT_CODES.interrupted.code;
  }
  const { exit, says } = PROOF[test.proven];
  const exitCode = EXIT_CODES[exit].code;
  const gates = ends.flatMap((end) => (end.kind === 'decided' ? [inBrief(end.folder, end.result)] : []));
  if (json === true) process.stdout.write(`${JSON.stringify({ proven: test.proven, exitCode, gates })}\n`);
  process.stderr.write(`self-test  ${says}\n`);
  return exitCode;
}
