import { phasesOf } from '../scenarios/presets.ts';
import { judgedBy, type ScenarioSpec } from '../scenarios/scenario-spec.ts';
import { mostLevels } from '../stats/peak/search.ts';
import type { Ns } from '../time/ns.ts';
import type { Campaign, CampaignScenario } from './campaign.ts';
import { endingOf, withLook } from './early-stop.ts';
import { expand, type MatrixCell, OWN_SCENARIO, valuesOf } from './expand.ts';
import type { Finding } from './issue-sentence.ts';
import { k6Load, k6Notes, ownOf, ownPhases } from './k6-plan.ts';
import { shortLevels, shortLevelsText } from './level-length.ts';
import type { Path } from './mistake.ts';
import { chooseObjectives, isOfResponse, NO_RESPONSE } from './objective-choice.ts';
import type { OpenLoad } from './open-load.ts';
import { peaksFor } from './peak-cells.ts';
import { placesOfAgent } from './places.ts';
import type { Cell, TrialPlan } from './plan.ts';
import type { PlanContext } from './plan-context.ts';
import { formatDuration, read } from './quantity.ts';
import { aboveGuard, hangsOnPeak, highestRate, scenarioSpec, specOffer } from './scenario-geometry.ts';
import { scenarioNotes } from './scenario-notes.ts';
import type { Schedules } from './schedules.ts';
import { levelSpec, ofPeakSpec } from './settled-load.ts';
import { sourceOf, targetSpec } from './target-plan.ts';
import type { TracePlans } from './trace-plan.ts';

/** `findings`: why it cannot be planned. */
export type PlannedCell =
  | { readonly ok: true; readonly cell: Cell; readonly notes: readonly string[] }
  | { readonly ok: false; readonly findings: readonly Finding[] };

const wrong = (path: Path, message: string): PlannedCell => ({ ok: false, findings: [{ path, message }] });

/** What the cells of one campaign share. */
export interface PlanTools {
  readonly schedules: Schedules;
  readonly traces: TracePlans;
}

/** Decides everything about one cell of the matrix. */
export function cellOf(
  campaign: Campaign,
  matrixCell: MatrixCell,
  context: PlanContext,
  { schedules, traces }: PlanTools,
): PlannedCell {
  const { id, target, scenario, agents, workers } = matrixCell;
  if (scenario === null) return ownCell(campaign, matrixCell, context);
  const warmupNs = scenario.warmupNs ?? campaign.warmupNs;
  const open = openLoad(campaign, matrixCell, scenario, warmupNs);
  const sent = sendable(campaign, matrixCell, scenario, open, traces);
  if (!sent.ok) return sent;
  const { load } = sent;
  const spec = targetSpec(matrixCell, context, load);
  if (!spec.ok) return wrong(['targets', target.name, ...sourceOf(matrixCell)], spec.problem);
  const offer = specOffer(load);
  const tooHigh = context.guard === 'holds' ? aboveGuard(highestRate(offer), campaign.guard?.rate) : null;
  if (tooHigh !== null) return wrong(['scenarios', scenario.name, scenario.preset.kind], tooHigh);
  const phases = phasesOf(load, { warmupNs, places: agents * placesOfAgent(spec.value, workers) });
  const { objectives, notes, refused } = chooseObjectives(campaign, matrixCell, open === null ? offer : null);
  if (refused.length > 0) return { ok: false, findings: refused };
  const cell: Cell = {
    id,
    target: target.name,
    spec: spec.value,
    scenario: scenario.name,
    ...placement(campaign, matrixCell, { agents, workers }),
    phases,
    ...(open === null ? {} : { open }),
    objectives,
    judge: scenario.judge,
    judgedBy: judgedBy(load),
    trials: open === null ? schedules.trialsOf(scenario, load, phases) : openTrials(campaign, open),
  };
  const ending = endingOf(campaign, scenario, cell, matrixCell.batch);
  if (ending.kind === 'refused') return wrong(['scenarios', scenario.name, 'stop'], ending.message);
  const planned = ending.kind === 'early' ? withLook(cell, schedules.beforeLook(scenario, phases, cell.trials)) : cell;
  const ends = ending.kind === 'whole' ? ending.notes : [];
  const uniform = k6Notes(scenario, target.name, spec.value);
  return {
    ok: true,
    cell: planned,
    notes: [
      ...notes,
      ...(open === null ? scenarioNotes(scenario, matrixCell, load) : searchNotes(scenario, open, objectives)),
      ...uniform,
      ...ends,
    ],
  };
}

function searchNotes({ name }: CampaignScenario, open: OpenLoad, objectives: Cell['objectives']): string[] {
  const short = open.kind === 'search' ? shortLevels(open, objectives) : null;
  if (short === null || open.kind !== 'search') return [];
  const enough = `every: ${formatDuration(short.enoughNs)} brings that to one percent`;
  return [`scenario ${name}: ${shortLevelsText(short, open)}, and the peak may be too high by as much; ${enough}`];
}

/** The load of a cell, as whoever sends it can send it. */
function sendable(
  campaign: Campaign,
  matrixCell: MatrixCell,
  scenario: CampaignScenario,
  open: OpenLoad | null,
  traces: TracePlans,
): { readonly ok: true; readonly load: ScenarioSpec } | Extract<PlannedCell, { readonly ok: false }> {
  const refused = (path: Path, message: string) => ({ ok: false, findings: [{ path, message }] }) as const;
  const reading = open === null ? loadOf(scenario, matrixCell, traces) : read(mostOf(campaign, open, matrixCell));
  if (!reading.ok) return refused(['scenarios', scenario.name, 'trace', 'file'], reading.problem);
  if (matrixCell.options.kind !== 'k6') return { ok: true, load: reading.value };
  const load = k6Load(reading.value);
  if (!load.ok) return refused(['scenarios', scenario.name, scenario.preset.kind], load.problem);
  return { ok: true, load: load.value };
}

/** The cell of a k6 script that brings its own scenarios: one phase, as long as they take. */
function ownCell(campaign: Campaign, matrixCell: MatrixCell, context: PlanContext): PlannedCell {
  const { id, target, options, agents, workers } = matrixCell;
  const spec = targetSpec(matrixCell, context, null);
  if (!spec.ok) return wrong(['targets', target.name, ...sourceOf(matrixCell)], spec.problem);
  const own =
    options.kind === 'k6' && context.scripts !== undefined
      ? ownOf(options.options, context.reach, context.scripts)
      : null;
  if (own === null) throw new Error(`${id}: a script's own scenarios were not read`);
  const tooHigh = context.guard === 'holds' ? aboveGuard(own.highestRate, campaign.guard?.rate) : null;
  if (tooHigh !== null) return wrong(['targets', target.name, ...sourceOf(matrixCell)], tooHigh);
  const { objectives: chosen, notes } = chooseObjectives(campaign, matrixCell);
  const untold = own.executors === 'closed' ? chosen.filter(({ indicator }) => isOfResponse(indicator)) : [];
  const objectives = chosen.filter((objective) => !untold.includes(objective));
  const left = untold.map(({ text }) => `${id}: ${text} is left out: ${NO_RESPONSE}`);
  const cell: Cell = {
    id,
    target: target.name,
    spec: spec.value,
    scenario: OWN_SCENARIO,
    ...placement(campaign, matrixCell, { agents, workers }),
    phases: ownPhases(own),
    objectives,
    judge: true,
    judgedBy: 'together',
    trials: Array.from({ length: campaign.trials }, (_, i) => ({
      index: i + 1,
      scheduleDigest: null,
      scheduled: null,
    })),
  };
  return { ok: true, cell, notes: [...notes, ...left] };
}

/** Null: the load is known. */
function openLoad(
  campaign: Campaign,
  cell: MatrixCell,
  { preset, law: written }: CampaignScenario,
  warmupNs: Ns,
): OpenLoad | null {
  const law = cell.options.kind === 'k6' ? 'uniform' : written;
  if (preset.kind === 'peak') {
    const { from, until, every: everyNs } = preset.options;
    return { kind: 'search', from, until, everyNs, law, warmupNs };
  }
  if (!hangsOnPeak(preset)) return null;
  const [peak] = peaksFor(expand(campaign), cell);
  if (peak === undefined) throw new Error(`${cell.id}: a share of no peak was not refused`);
  return { kind: 'of-peak', peak, preset, law, warmupNs };
}

/** The load at the highest peak that may be found. */
function mostOf(campaign: Campaign, open: OpenLoad, { id, batch }: MatrixCell): ScenarioSpec {
  if (open.kind === 'search') return levelSpec(open, open.until);
  const preset = expand(campaign)[open.peak]?.scenario?.preset;
  const spec = preset?.kind === 'peak' ? ofPeakSpec(open, preset.options.until, batch) : null;
  if (spec === null) throw new Error(`${id}: a share of no peak was not refused`);
  return spec;
}

/** A search has as many trials as it may have levels. */
const openTrials = (campaign: Campaign, open: OpenLoad): readonly TrialPlan[] =>
  Array.from({ length: open.kind === 'search' ? mostLevels(open) : campaign.trials }, (_, i) => ({
    index: i + 1,
    scheduleDigest: null,
    scheduled: null,
  }));

function loadOf(scenario: CampaignScenario, { id, target, batch }: MatrixCell, traces: TracePlans) {
  if (scenario.preset.kind === 'trace') return traces.specFor(scenario.preset.options, target.name);
  const load = scenarioSpec(scenario, batch);
  if (load === null) throw new Error(`${id}: a cell without a schedule was not refused`);
  return read(load);
}

type Placement = Pick<
  Cell,
  | 'values'
  | 'engine'
  | 'instance'
  | 'measuredOn'
  | 'agents'
  | 'workers'
  | 'pacing'
  | 'backlog'
  | 'timeoutNs'
  | 'drainNs'
>;

/** What somebody else's endpoint is said to run on. */
function measuredOn(options: MatrixCell['options']): Pick<Cell, 'measuredOn'> {
  const said = options.kind === 'http' || options.kind === 'grpc' ? options.options.instance : undefined;
  return said === undefined ? {} : { measuredOn: { name: said.name, pricePerHour: said.price ?? null } };
}

/** What a cell runs on, and how long its requests are waited for: the same whatever its load. */
const placement = (
  { fleet, timeoutNs, drainNs }: Campaign,
  matrixCell: MatrixCell,
  size: Pick<Cell, 'agents' | 'workers'>,
): Placement => ({
  values: valuesOf(matrixCell),
  engine: fleet.engine,
  ...(matrixCell.instance === null ? {} : { instance: matrixCell.instance }),
  ...measuredOn(matrixCell.options),
  ...size,
  pacing: fleet.pacing,
  backlog: fleet.backlog,
  timeoutNs,
  drainNs,
});
