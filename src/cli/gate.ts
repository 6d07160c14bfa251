import { readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { parseGateFile } from '../campaign/gate-file.ts';
import type { GatePolicy } from '../campaign/gate-policy.ts';
import { mistakeWithLine } from '../campaign/mistake.ts';
import { gateText } from '../report/gate-text.ts';
import { EXIT_CODES } from '../verdict/exit-code.ts';
import { Failure } from './failure.ts';
import { beginGate, type GateEnd, type PairedOptions, resumeGate } from './gate/paired.ts';
import { publish } from './gate/publish.ts';
import { selfTest } from './gate/self-test.ts';
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
  const policy = options.policy === undefined ? null : await policyOf(options.policy);
  if (options.selfTest === true) return proven(await selfTest(policy, options), options);
  if (options.stored !== undefined) return againstStored(options.stored, policy, options);
  return told(await paired(policy, options), options);
}

async function againstStored(run: string, policy: GatePolicy | null, options: GateOptions): Promise<number> {
  const result = await gateStored(run, policy, options);
  const folder = await folderOf(run, options);
  const into = join(resolve(options.results), 'gates', `${basename(folder)}-stored`);
  return told({ kind: 'decided', folder: into, result }, options);
}

function paired(policy: GatePolicy | null, options: GateOptions): Promise<GateEnd> {
  const { baseline, candidate, resume } = options;
  if (resume !== undefined) {
    if (baseline === undefined && candidate === undefined && policy === null) return resumeGate(resume, options);
    throw new Failure(
      USAGE,
      '--resume: found --baseline, --candidate or --policy beside it, expected none: a gate goes on with its own',
    );
  }
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
  const { folder } = end;
  if (end.kind === 'interrupted') {
    process.stderr.write(
      `loadcell: the gate was stopped; its pairs are kept, go on with: loadcell gate --resume ${nearPath(folder)}\n`,
    );
    return EXIT_CODES.interrupted.code;
  }
  const { result } = end;
  await publish(folder, result, process.env, process.stderr);
  if (json === true) {
    process.stdout.write(`${JSON.stringify({ folder, verdict: result.verdict, exitCode: result.exitCode })}\n`);
  } else {
    process.stdout.write(
      gateText(result, paintFor(process.stdout, process.env)).replace(
        /^gate {5}/m,
        `results  ${nearPath(folder)}\ngate     `,
      ),
    );
  }
  return result.exitCode;
}

async function proven(
  { unchanged, slowed, proven: outcome }: Awaited<ReturnType<typeof selfTest>>,
  options: GateOptions,
): Promise<number> {
  await told(unchanged, options);
  if (slowed !== null) await told(slowed, options);
  if ([unchanged, slowed].some((end) => end?.kind === 'interrupted')) return EXIT_CODES.interrupted.code;
  const said = {
    yes: 'self-test  the slowdown of twice the threshold failed, and what had not changed did not',
    no: 'self-test  the gate did not tell them apart: trust no verdict of it here; see what loadcell doctor says of this machine',
    'not-told':
      'self-test  the measurements are invalid, so nothing is proven; see what loadcell doctor says of this machine',
  };
  process.stderr.write(`${said[outcome]}\n`);
  return { yes: EXIT_CODES.pass.code, no: EXIT_CODES.fail.code, 'not-told': EXIT_CODES.invalid.code }[outcome];
}
