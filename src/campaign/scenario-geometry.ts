import { lastingFor } from '../scenarios/at-least.ts';
import type { ArrivalLaw, Phase } from '../scenarios/phase.ts';
import { phasesOf } from '../scenarios/presets.ts';
import { maxRate } from '../scenarios/profile.ts';
import { type JudgedBy, judgedBy, type ScenarioSpec } from '../scenarios/scenario-spec.ts';
import { ns, toSeconds } from '../time/ns.ts';
import type { CampaignScenario } from './campaign.ts';
import { formatRate } from './quantity.ts';
import { isShareOfPeak, type OfferedRate } from './rate-of-peak.ts';
import type { Preset } from './scenario-schema.ts';

/** A scenario for the schedule, its rates known; null where they hang on a file or on a peak that is yet to be found. */
export function scenarioSpec(
  { preset, law }: Pick<CampaignScenario, 'preset' | 'law'>,
  batch: number,
): ScenarioSpec | null {
  if (hangsOnPeak(preset)) return null;
  switch (preset.kind) {
    case 'load':
    case 'soak': {
      const { rate: offered, for: shortest, atLeast = null } = preset.options;
      const rate = perSecond(offered);
      return { kind: preset.kind, law, rate, durationNs: lastingFor(atLeast, rate, rate, shortest) };
    }
    case 'ramp': {
      const { for: shortest, atLeast = null } = preset.options;
      const [from, to] = [perSecond(preset.options.from), perSecond(preset.options.to)];
      return { kind: 'ramp', law, from, to, durationNs: lastingFor(atLeast, from, to, shortest) };
    }
    case 'stress': {
      const { from, to, steps, for: durationNs } = preset.options;
      return { kind: 'stress', law, from: perSecond(from), to: perSecond(to), steps, durationNs };
    }
    case 'spike': {
      const { base, peak, rise, hold, fall, for: durationNs } = preset.options;
      const rates = { base: perSecond(base), peak: perSecond(peak) };
      return { kind: 'spike', law, ...rates, riseNs: rise, holdNs: hold, fallNs: fall, durationNs };
    }
    case 'phases':
      return freePhases(preset.options, law);
    default:
      return freestanding(preset, law, batch);
  }
}

type Freestanding = Extract<
  Preset,
  { kind: 'breakpoint' | 'singleStream' | 'multiStream' | 'closed' | 'offline' | 'trace' | 'peak' }
>;

function freestanding(preset: Freestanding, law: ArrivalLaw, batch: number): ScenarioSpec | null {
  switch (preset.kind) {
    case 'breakpoint': {
      const { from, by, until, every } = preset.options;
      return { kind: 'breakpoint', law, from, by, until, everyNs: every };
    }
    case 'singleStream':
      return { kind: 'singleStream', durationNs: preset.options.for, atLeast: preset.options.atLeast ?? null };
    case 'multiStream':
      return {
        kind: 'multiStream',
        infers: Math.max(1, Math.round(preset.options.samples / batch)),
        durationNs: preset.options.for,
        atLeast: preset.options.atLeast ?? null,
      };
    case 'closed': {
      const { inFlight, think, for: durationNs, atLeast = null } = preset.options;
      return { kind: 'closed', inFlight, thinkNs: think, durationNs, atLeast };
    }
    case 'offline':
      return { kind: 'offline', requests: Math.ceil(preset.options.samples / batch) };
    case 'trace':
    case 'peak':
      return null;
  }
}

function freePhases(options: Extract<Preset, { kind: 'phases' }>['options'], law: ArrivalLaw): ScenarioSpec | null {
  const [first, ...rest] = options.map((phase) => {
    const [from, to] = [perSecond(phase.from), perSecond(phase.to)];
    return { name: phase.name, from, to, durationNs: lastingFor(phase.atLeast, from, to, phase.durationNs) };
  });
  return first === undefined ? null : { kind: 'phases', law, phases: [first, ...rest] };
}

/** Whether a scenario has a rate that is a share of a peak yet to be found. */
export function hangsOnPeak({ kind, options }: Preset): boolean {
  const rates = kind === 'phases' ? options.flatMap(({ from, to }) => [from, to]) : Object.values<unknown>(options);
  return rates.some(isShareOfPeak);
}

function perSecond(rate: OfferedRate): number {
  if (typeof rate === 'number') return rate;
  throw new Error('a share of the peak has no rate before the peak is known');
}

/** What a scenario's measure phases offer. */
export interface Offer {
  readonly judgedBy: JudgedBy;
  readonly phases: readonly Phase[];
}

/** The measure phases of a scenario; null where {@link scenarioSpec} is. */
export function offerOf(scenario: CampaignScenario, batch: number): Offer | null {
  const spec = scenarioSpec(scenario, batch);
  return spec === null ? null : specOffer(spec);
}

export const specOffer = (spec: ScenarioSpec): Offer => ({
  judgedBy: judgedBy(spec),
  phases: phasesOf(spec, { warmupNs: ns(0), places: 1 }),
});

/** Arrivals and seconds of what a rate is judged on: of stress its lowest level; null where it follows from completions. */
export function judgedOffer({
  judgedBy: by,
  phases,
}: Offer): { readonly count: number; readonly seconds: number } | null {
  const open = phases.flatMap(({ load, durationNs }) =>
    load.kind === 'open' || load.kind === 'trace' ? [{ count: load.count, seconds: toSeconds(durationNs) }] : [],
  );
  if (open.length < phases.length || open.length === 0) return null;
  if (by === 'level')
    return open.reduce((least, level) => (level.count / level.seconds < least.count / least.seconds ? level : least));
  return open.reduce((sum, phase) => ({ count: sum.count + phase.count, seconds: sum.seconds + phase.seconds }));
}

/** The highest rate that is ever offered; null where it follows from completions. */
export function highestRate({ phases }: Offer): number | null {
  const rates = phases.flatMap(({ load }) => {
    if (load.kind === 'trace') return [load.highest];
    return load.kind === 'open' ? [maxRate(load.profile)] : [];
  });
  return rates.length === 0 ? null : Math.max(...rates);
}

/** Why a rate may not be offered; null where there is no ceiling, or it is kept. */
export function aboveGuard(highest: number | null, ceiling: number | undefined): string | null {
  if (highest === null || ceiling === undefined || highest <= ceiling) return null;
  return `found up to ${formatRate(highest)}, expected at most guard.rate, ${formatRate(ceiling)} (--allow-rate lifts it)`;
}
