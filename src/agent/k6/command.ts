import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { executorsOf } from '../../scenarios/k6/executors.ts';
import { segmentOf } from '../../scenarios/k6/segments.ts';
import type { WallClock } from '../../time/clock.ts';
import type { K6TrialSpec } from '../../wire/trial-spec.ts';
import { ambientEnvironment } from './ambient.ts';
import { CSV_ARGUMENTS, CSV_ENVIRONMENT, CSV_SYSTEM_TAGS, CsvSamples } from './csv/csv-samples.ts';
import { entryScript, hooksOf, OPTIONS_VARIABLE, ownEntryScript } from './entry-script.ts';
import type { K6Start } from './process.ts';
import type { K6Program } from './program.ts';
import { FoldedSamples, type SampleStream } from './sample-stream.ts';

/** k6's own, with `vu`: how a failed check finds its iteration. */
const SYSTEM_TAGS =
  'proto,status,method,url,name,group,check,error,error_code,tls_version,scenario,service,expected_response,vu';

interface Samples {
  readonly stream: SampleStream;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** How a k6 is asked for its samples: folded inside it where it has the output for it, else as CSV. */
const samplesOf = ({ program: { output }, wall, spec }: K6Command): Samples =>
  output === 'loadcell'
    ? { stream: new FoldedSamples(), args: ['--out', 'loadcell=fd:3', '--system-tags', SYSTEM_TAGS], env: {} }
    : {
        stream: new CsvSamples(wall, Object.keys(spec.target.thresholds)),
        args: [...CSV_ARGUMENTS, '--system-tags', CSV_SYSTEM_TAGS],
        env: CSV_ENVIRONMENT,
      };

export interface K6Command {
  readonly spec: K6TrialSpec;
  readonly program: K6Program;
  /** The script's text. */
  readonly source: string;
  /** The agent's own environment, and what the campaign gives the script, secrets resolved. */
  readonly env: NodeJS.ProcessEnv;
  readonly scriptEnv: Readonly<Record<string, string>>;
  readonly wall: WallClock;
}

/**
 * How one agent's k6 is started: paused, its thresholds, summary and usage report off, on its segment. `setup()` runs when
 * it is asked for, before the release.
 */
export function k6Start(command: K6Command): Omit<K6Start, 'onFrame'> {
  const { spec, program, source, env, scriptEnv } = command;
  const { script, options, functions = ['default'] } = spec.target;
  const hooks = hooksOf(source);
  const url = pathToFileURL(script.path).href;
  const samples = samplesOf(command);
  return {
    program: program.path,
    args: [
      ...['run', '--paused', '--no-usage-report', '--no-thresholds'],
      ...['--summary-mode=disabled', '--no-color', '--quiet', ...samples.args],
      '--no-setup',
      ...(hooks.teardown ? [] : ['--no-teardown']),
      ...segmentFlags(spec),
    ],
    script: options === 'own' ? ownEntryScript(url, { ...hooks, run: functions }) : entryScript(url, hooks),
    cwd: dirname(script.path),
    env: {
      ...ambientEnvironment(env),
      ...scriptEnv,
      ...samples.env,
      [OPTIONS_VARIABLE]: JSON.stringify({ scenarios: executorsOf(spec.phases, spec.target.vus, spec.drainNs) }),
    },
    samples: samples.stream,
    hasSetup: hooks.setup,
  };
}

function segmentFlags({ share }: K6TrialSpec): string[] {
  if (share.of === 1) return [];
  const { segment, sequence } = segmentOf(share);
  return ['--execution-segment', segment, '--execution-segment-sequence', sequence];
}
