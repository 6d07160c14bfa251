import { isStreamMetric } from '../stats/stream-tally.ts';
import { ns, seconds } from '../time/ns.ts';
import type { Campaign, ObjectiveList } from './campaign.ts';
import type { MatrixCell } from './expand.ts';
import type { Path } from './mistake.ts';
import type { Indicator, Objective } from './objective.ts';
import { parseObjective } from './objective-text.ts';
import { formatDuration, formatRate } from './quantity.ts';
import { hangsOnPeak, judgedOffer, type Offer, offerOf } from './scenario-geometry.ts';
import type { Preset } from './scenario-schema.ts';

const defaults = (...texts: readonly string[]): readonly Objective[] =>
  texts.map((text) => {
    const reading = parseObjective(text);
    if (!reading.ok) throw new Error(reading.problem);
    return reading.value;
  });

/** What is asked of a cell for which nobody wrote objectives. */
export const DEFAULT_OBJECTIVES = defaults('response.p95 < 100ms', 'throughput >= 100/s', 'errors < 5%');

/** Whose objectives a cell is judged by: the nearest to it that were written. */
export type Origin =
  | { readonly level: 'scenario' | 'target' | 'campaign'; readonly path: Path }
  | { readonly level: 'default'; readonly path: null };

export interface Choice {
  readonly origin: Origin;
  readonly objectives: readonly Objective[];
  /** Sentences on objectives that were left out, and on some that leave little room. */
  readonly notes: readonly string[];
  /** Written objectives that can never hold, or say nothing where they were written. */
  readonly refused: readonly { readonly path: Path; readonly message: string }[];
}

/**
 * The objectives of a cell: the scenario's, else the target's, else the campaign's, else the default ones. `offer`: what
 * the scenario offers, where more is known of it than its text says (of a trace, once its file was read).
 */
export function chooseObjectives(campaign: Campaign, cell: MatrixCell, offer = writtenOffer(cell)): Choice {
  const { origin, objectives } = writtenFor(campaign, cell);
  const sifted = objectives.map(
    (objective, index) => untold(objective, cell, origin) ?? sift(objective, { cell, origin, offer, index }),
  );
  return {
    origin,
    objectives: objectives.filter((_, index) => sifted[index]?.kept === true),
    notes: sifted.flatMap(({ note }) => note ?? []),
    refused: sifted.flatMap(({ refusal }) => refusal ?? []),
  };
}

const writtenOffer = ({ scenario, batch }: MatrixCell): Offer | null =>
  scenario === null ? null : offerOf(scenario, batch);

function writtenFor(
  campaign: Campaign,
  { target, scenario }: MatrixCell,
): { readonly origin: Origin; readonly objectives: readonly Objective[] } {
  if (scenario !== null && scenario.objectives !== null)
    return written('scenario', ['scenarios', scenario.name], scenario.objectives);
  if (target.objectives !== null) return written('target', ['targets', target.name], target.objectives);
  if (campaign.objectives !== null) return written('campaign', [], campaign.objectives);
  return { origin: { level: 'default', path: null }, objectives: DEFAULT_OBJECTIVES };
}

const written = (level: 'scenario' | 'target' | 'campaign', path: Path, { key, objectives }: ObjectiveList) => ({
  origin: { level, path: [...path, key] },
  objectives,
});

interface Sieve {
  readonly cell: MatrixCell;
  readonly origin: Origin;
  readonly offer: Offer | null;
  readonly index: number;
}

interface Sifted {
  readonly kept: boolean;
  readonly note?: string;
  readonly refusal?: { readonly path: Path; readonly message: string };
}

function sift(objective: Objective, sieve: Sieve): Sifted {
  const { cell, origin, offer, index } = sieve;
  if (cell.scenario === null) return { kept: true };
  const where = `scenario ${cell.scenario.name}`;
  const misfit = misfitOf(objective, cell.scenario.preset);
  if (origin.level === 'default' && isRate(objective.indicator) && hangsOnPeak(cell.scenario.preset))
    return { kept: false, note: `${where}: ${objective.text} is left out: what it offers is known once the peak is` };
  if (misfit !== null) {
    const outOfPlace = origin.level === 'scenario' && misfit.elsewhere;
    if (!outOfPlace) return { kept: false, note: `${where}: ${objective.text} is left out: ${misfit.because}` };
    const message = `found ${objective.text}, expected an objective that a ${cell.scenario.preset.kind} scenario has: ${misfit.because}`;
    return { kept: false, refusal: { path: [...origin.path, index], message } };
  }
  const short = offer === null ? null : tooShortFor(objective, offer);
  if (short !== null) return { kept: true, note: `${where}: ${short}` };
  const room = offer === null ? null : roomFor(objective, offer, cell.batch);
  if (room === null || room.kind === 'ample') return { kept: true };
  if (room.kind === 'little')
    return {
      kept: true,
      note: `${where}: ${objective.text} leaves little room, it offers ${formatRate(room.offered)}`,
    };
  if (origin.level === 'default')
    return { kept: false, note: `${where}: ${objective.text} is left out: it offers ${room.text}` };
  const place = origin.level === 'campaign' ? '' : `${origin.path.slice(0, -1).join('.')}.`;
  const message = `found an offer of ${room.text}, so ${place}${String(origin.path.at(-1))}[${index}] (${objective.text}) can never hold; expected a higher rate or a lower bound`;
  return { kept: false, refusal: { path: ['scenarios', cell.scenario.name], message } };
}

/** An objective that is left out because whoever sends the requests does not tell it. */
function untold(objective: Objective, cell: MatrixCell, origin: Origin): Sifted | null {
  const why = notTold(objective, cell, origin);
  return why === null ? null : { kept: false, note: `${cell.id}: ${objective.text} is left out: ${why}` };
}

/** Why whoever sends the requests of a cell does not tell an indicator; null: it does. */
function notTold({ indicator }: Objective, { options, scenario }: MatrixCell, { level }: Origin): string | null {
  const isOfEvents = indicator.kind === 'latency' && isStreamMetric(indicator.metric);
  if (isOfEvents && !(options.kind === 'http' && options.options.stream !== undefined))
    return 'only an http target with stream: sse has events';
  if (options.kind !== 'k6') return indicator.kind === 'part' ? 'only a k6 script has parts' : null;
  if (scenario === null && level === 'default' && indicator.kind !== 'errors')
    return "a script's own scenarios are judged by objectives and thresholds that somebody wrote for them";
  if (indicator.kind === 'latency' && indicator.metric === 'wait')
    return 'k6 records no intended start, and so no wait';
  const isClosed = scenario?.preset.kind === 'closed' || scenario?.preset.kind === 'singleStream';
  return isClosed && isOfResponse(indicator) ? NO_RESPONSE : null;
}

/** Why loops that wait for answers have no response time under k6. */
export const NO_RESPONSE = 'k6 tells no response time of loops that wait for answers; use service.pNN';

export const isOfResponse = (indicator: Indicator): boolean =>
  indicator.kind === 'max' || (indicator.kind === 'latency' && indicator.metric === 'response');

/** Why an indicator says nothing of a scenario; `elsewhere`: it belongs to another preset altogether. */
function misfitOf(
  { indicator, overNs }: Objective,
  preset: Preset,
): { readonly because: string; readonly elsewhere: boolean } | null {
  const { kind } = preset;
  if (overNs !== null && kind === 'breakpoint')
    return { because: 'a breakpoint scenario ends by itself at the first level that breaks', elsewhere: true };
  if (kind === 'peak') return misfitOfPeak({ indicator, overNs });
  if (overNs !== null && kind === 'offline')
    return { because: 'the length of an offline scenario, and so of its windows, is not known', elsewhere: true };
  if (indicator.kind === 'recovery')
    return hasPeak(preset)
      ? null
      : { because: 'recovery is counted from the end of a phase named peak', elsewhere: true };
  if (indicator.kind === 'held')
    return kind === 'breakpoint' ? null : { because: 'only a breakpoint scenario holds a level', elsewhere: true };
  if (kind === 'offline' && !['throughput', 'samples', 'errors', 'energy', 'observed'].includes(indicator.kind)) {
    return { because: 'offline is judged by throughput, samples and errors alone', elsewhere: false };
  }
  if (kind === 'breakpoint' && isRate(indicator))
    return {
      because: 'a level of a breakpoint scenario breaks when less than 99% of what it offers is done in time',
      elsewhere: false,
    };
  return null;
}

/** A search looks for the rate at which shares over a limit reach what is allowed. */
function misfitOfPeak({ indicator, overNs }: Pick<Objective, 'indicator' | 'overNs'>): {
  readonly because: string;
  readonly elsewhere: boolean;
} | null {
  if (overNs !== null)
    return {
      because: 'levels of a peak scenario are judged as a whole, beyond what the target can take',
      elsewhere: true,
    };
  if (indicator.kind === 'max')
    return { because: 'one request decides it, so it has no rate from which on it is missed', elsewhere: true };
  if (indicator.kind === 'recovery')
    return { because: 'recovery is counted from the end of a phase named peak', elsewhere: true };
  return indicator.kind === 'held' ? { because: 'only a breakpoint scenario holds a level', elsewhere: true } : null;
}

/** Windows are judged by what was before them: 20 s at least. */
const BEFORE_A_WINDOW = seconds(20);

/** A sentence where no window of an objective could be judged; null where some can, and where it has none. */
function tooShortFor({ text, indicator, overNs }: Objective, { phases }: Offer): string | null {
  if (overNs === null || indicator.kind === 'max') return null;
  const lengthNs = ns(phases.reduce((sum, { durationNs }) => sum + durationNs, 0));
  const needed = ns(BEFORE_A_WINDOW + overNs);
  if (lengthNs >= needed) return null;
  return `${text} needs ${formatDuration(needed)} of measurement before its first window is judged, it has ${formatDuration(lengthNs)}: only a hang will show`;
}

/** A peak with something after it. */
function hasPeak({ kind, options }: Preset): boolean {
  if (kind === 'spike') return true;
  return kind === 'phases' && options.slice(0, -1).some(({ name }) => name === 'peak');
}

const isRate = ({ kind }: Indicator): boolean => kind === 'throughput' || kind === 'goodput' || kind === 'samples';

type Room =
  | { readonly kind: 'ample' }
  | { readonly kind: 'little'; readonly offered: number }
  | { readonly kind: 'none'; readonly text: string };

/** What the offered rate leaves of a bound on a rate: less than it can never hold, less than 2 % above it is little. */
function roomFor(objective: Objective, offer: Offer, batch: number): Room {
  const judged = isRate(objective.indicator) ? judgedOffer(offer) : null;
  if (judged === null) return { kind: 'ample' };
  const per = objective.indicator.kind === 'samples' ? batch : 1;
  const count = judged.count * per;
  const needed = objective.limit * judged.seconds;
  const slack = 1e-9 * needed;
  const enough = objective.comparison === '>' ? count > needed + slack : count >= Math.ceil(needed - slack);
  const offered = count / judged.seconds;
  if (!enough) {
    const unit = per === 1 ? '' : ` (${batch} samples a request)`;
    return {
      kind: 'none',
      text: `${formatRate(Number(offered.toPrecision(6)))}${offer.judgedBy === 'level' ? ' at its lowest level' : ''}${unit}`,
    };
  }
  return offered < 1.02 * objective.limit
    ? { kind: 'little', offered: Number(offered.toPrecision(6)) }
    : { kind: 'ample' };
}
