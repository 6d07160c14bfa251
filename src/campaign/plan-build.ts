import type { Campaign } from './campaign.ts';
import { cellOf } from './cell-plan.ts';
import { expand } from './expand.ts';
import { feasibilityNotes } from './feasibility.ts';
import { byInstance, fleetSpec, isPlainFleet } from './fleet-plan.ts';
import type { Mistake } from './mistake.ts';
import { mistakeOf } from './parse.ts';
import { peakProblems } from './peak-cells.ts';
import { placesNotes } from './places.ts';
import type { Cell, Plan } from './plan.ts';
import type { PlanContext } from './plan-context.ts';
import { filesOfPlan, undeclaredProblems } from './plan-files.ts';
import { missingSamples } from './sample-files.ts';
import { Schedules } from './schedules.ts';
import { TracePlans } from './trace-plan.ts';
import { trialOrder } from './trial-order.ts';

export type Planned =
  | { readonly ok: true; readonly plan: Plan }
  | { readonly ok: false; readonly mistakes: readonly Mistake[] };

/** Decides everything that a campaign leaves open. Refused where a model is not there or a part cannot be planned. */
export function buildPlan(campaign: Campaign, context: PlanContext): Planned {
  const unfound = peakProblems(campaign).map((finding) => mistakeOf(finding, campaign));
  if (unfound.length > 0) return { ok: false, mistakes: distinct(unfound) };
  const seed = campaign.seed ?? context.drawnSeed;
  const tools = { schedules: new Schedules(seed, campaign.trials, context), traces: new TracePlans(context) };
  const cells: Cell[] = [];
  const missing = missingSamples(campaign, context);
  if (missing.length > 0) return { ok: false, mistakes: distinct(missing.map((one) => mistakeOf(one, campaign))) };
  const mistakes: Mistake[] = undeclaredProblems(campaign, context).map((finding) => mistakeOf(finding, campaign));
  const notes = new Set<string>();
  for (const matrixCell of expand(campaign)) {
    const planned = cellOf(campaign, matrixCell, context, tools);
    if (planned.ok) {
      cells.push(planned.cell);
      for (const note of planned.notes) notes.add(note);
    } else mistakes.push(...planned.findings.map((finding) => mistakeOf(finding, campaign)));
  }
  if (mistakes.length > 0) return { ok: false, mistakes: distinct(mistakes) };
  return {
    ok: true,
    plan: planOf(campaign, context, seed, cells, [...notes, ...placesNotes(cells), ...feasibilityNotes(cells)]),
  };
}

const distinct = (mistakes: readonly Mistake[]): readonly Mistake[] => [
  ...new Map(mistakes.map((mistake) => [`${mistake.path} ${mistake.message}`, mistake])).values(),
];

function planOf(
  campaign: Campaign,
  context: PlanContext,
  seed: string,
  cells: readonly Cell[],
  notes: readonly string[],
): Plan {
  const order = byInstance(cells, trialOrder(cells, campaign.order, seed));
  return {
    kind: 'loadcell/plan',
    schemaVersion: 1,
    loadcell: context.loadcell,
    campaign: {
      name: campaign.name,
      description: campaign.description,
      environment: campaign.environment,
      labels: campaign.labels,
      digest: context.campaignDigest,
    },
    overrides: campaign.overrides,
    seed,
    cells,
    order,
    retryInvalid: campaign.retryInvalid,
    onLoss: { waitNs: campaign.fleet.onLossWaitNs },
    ...fleetPart(campaign, cells, order),
    ...(campaign.telemetry === null ? {} : { telemetry: campaign.telemetry }),
    files: filesOfPlan(campaign, context),
    notes,
  };
}

function fleetPart(campaign: Campaign, cells: readonly Cell[], order: Plan['order']): Pick<Plan, 'fleet'> {
  const fleet = fleetSpec(campaign, cells, order);
  return isPlainFleet(fleet) ? {} : { fleet };
}
