import type { OpenFile } from '../scenarios/byte-reader.ts';
import type { ScenarioSpec } from '../scenarios/scenario-spec.ts';
import { TraceError } from '../scenarios/trace-error.ts';
import { surveyTrace, type TraceSurvey } from '../scenarios/trace-survey.ts';
import type { Campaign } from './campaign.ts';
import { expand } from './expand.ts';
import { campaignPath, type Reach } from './paths.ts';
import { type Reading, read, refuse } from './quantity.ts';
import type { Preset } from './scenario-schema.ts';

/** A file that lies ready: absolute path, SHA-256 of its bytes in lowercase hexadecimal. */
export interface StagedTrace {
  readonly path: string;
  readonly sha256: string;
  readonly bytes: number;
}

/** The trace files of all cells, each once, as of `campaignPath`: what is to be staged before a plan is made. */
export function tracesOf(campaign: Campaign, reach: Reach): readonly string[] {
  const named = expand(campaign).flatMap(({ scenario }) => {
    if (scenario?.preset.kind !== 'trace') return [];
    const path = campaignPath(scenario.preset.options.file, reach);
    return path.ok ? [path.value] : [];
  });
  return [...new Set(named)];
}

export interface TraceContext {
  readonly reach: Reach;
  /** Staged traces by the names of {@link tracesOf}; or the sentence that says why one is not: `found …, expected …`. */
  readonly traces: ReadonlyMap<string, Reading<StagedTrace>>;
  readonly openFile: OpenFile;
}

type TraceOptions = Extract<Preset, { kind: 'trace' }>['options'];
type TraceSpec = Extract<ScenarioSpec, { kind: 'trace' }>;

/** Turns trace scenarios into schedules. Every file is read once for each scale and target that it is replayed with. */
export class TracePlans {
  readonly #context: TraceContext;
  readonly #surveys = new Map<string, Reading<TraceSurvey>>();

  constructor(context: TraceContext) {
    this.#context = context;
  }

  /** A target takes the lines that name it where any line names a target, else all of them. */
  specFor({ file, scale }: TraceOptions, target: string): Reading<TraceSpec> {
    const named = campaignPath(file, this.#context.reach);
    if (!named.ok) return named;
    const staged = this.#context.traces.get(named.value) ?? refuse(`found ${file}, which was not staged`);
    if (!staged.ok) return staged;
    const all = this.#survey(staged.value, scale, null);
    if (!all.ok) return all;
    if (all.value.count === 0) return refuse('found no arrival, expected at least one line of them');
    if (!all.value.namesTargets) return read(specOf(staged.value, scale, null, all.value));
    const own = this.#survey(staged.value, scale, target);
    if (!own.ok) return own;
    if (own.value.count > 0) return read(specOf(staged.value, scale, target, own.value));
    return refuse(
      `found targets in its lines and none is ${target}, expected lines of it, or cells: { except: [${target}/…] }`,
    );
  }

  #survey({ path }: StagedTrace, scale: number, target: string | null): Reading<TraceSurvey> {
    const key = JSON.stringify([path, scale, target]);
    const survey = this.#surveys.get(key) ?? surveyed(() => surveyTrace(this.#context.openFile(path), scale, target));
    this.#surveys.set(key, survey);
    return survey;
  }
}

function surveyed(survey: () => TraceSurvey): Reading<TraceSurvey> {
  try {
    return read(survey());
  } catch (error) {
    if (error instanceof TraceError) return refuse(error.message);
    throw error;
  }
}

function specOf(
  { path, sha256 }: StagedTrace,
  scale: number,
  target: string | null,
  { count, highest, durationNs }: TraceSurvey,
): TraceSpec {
  return { kind: 'trace', load: { kind: 'trace', path, sha256, scale, target, count, highest }, durationNs };
}
