import type { Campaign, ObjectiveList } from './campaign.ts';
import { expand, type MatrixCell } from './expand.ts';
import type { Finding } from './issue-sentence.ts';
import type { Mistake, Path } from './mistake.ts';
import { chooseObjectives } from './objective-choice.ts';
import { mistakeOf } from './parse.ts';
import { hangsOnPeak } from './scenario-geometry.ts';

/**
 * What the language says and this version cannot plan: targets other than onnx, custom, null and sleep, scenarios whose
 * arrivals hang on a peak, and instances as a dimension. Only of what is in a cell.
 */
export const notYetPlannable = (campaign: Campaign): readonly Mistake[] => located(campaign, unplannable(campaign));

/** As {@link notYetPlannable}, and what can be planned but not run: windows, `abort`, engines other than local, retries. */
export const notYetRunnable = (campaign: Campaign): readonly Mistake[] =>
  located(campaign, [...unplannable(campaign), ...unrunnable(campaign)]);

function located(campaign: Campaign, findings: readonly Finding[]): readonly Mistake[] {
  const said = new Map(findings.map((finding) => [JSON.stringify(finding), mistakeOf(finding, campaign)]));
  return [...said.values()];
}

const unplannable = (campaign: Campaign): Finding[] => [
  ...expand(campaign).flatMap((cell) => [...targetGaps(cell), ...scenarioGaps(cell)]),
  ...campaign.vary.flatMap((combination) =>
    combination.some(([key]) => key === 'instance')
      ? [gap(['vary', 'instance'], 'instances as a dimension', 'batch, workers, threads or agents')]
      : [],
  ),
];

const gap = (path: Path, found: string, expected: string): Finding => ({
  path,
  message: `found ${found}, which this version reads and does not measure yet; expected ${expected}`,
});

function targetGaps({ target: { name }, options }: MatrixCell): Finding[] {
  switch (options.kind) {
    case 'onnx':
    case 'custom':
    case 'null':
    case 'sleep':
      return [];
    default:
      return [gap(['targets', name, options.kind], `a target of kind ${options.kind}`, 'onnx, custom, null or sleep')];
  }
}

function scenarioGaps({ scenario }: MatrixCell): Finding[] {
  if (scenario === null) return [];
  const { name, preset } = scenario;
  const path = ['scenarios', name, preset.kind];
  if (preset.kind === 'peak') return [gap(path, 'a peak scenario', 'another preset, or phases')];
  return hangsOnPeak(preset) ? [gap(path, 'a rate as a share of the peak', 'a rate, for example 120/s')] : [];
}

function unrunnable(campaign: Campaign): Finding[] {
  const gaps: Finding[] = expand(campaign).flatMap((cell) => objectiveGaps(campaign, cell));
  if (campaign.fleet.engine !== 'local')
    gaps.push(gap(['fleet', 'engine'], `the engine ${campaign.fleet.engine}`, 'local'));
  if (campaign.retryInvalid > 0) gaps.push(gap(['retryInvalid'], `${campaign.retryInvalid} further attempts`, '0'));
  return gaps;
}

/** Objectives that a cell keeps and that bound a window or stop a trial. */
function objectiveGaps(campaign: Campaign, cell: MatrixCell): Finding[] {
  const { origin, objectives } = chooseObjectives(campaign, cell);
  if (origin.path === null) return [];
  const list = listAt(campaign, cell, origin.level);
  return objectives.flatMap((objective) => {
    const path = [...origin.path, list?.objectives.indexOf(objective) ?? 0];
    if (objective.abort) return [gap(path, 'abort: true', 'an objective that is judged at the end')];
    return objective.overNs === null ? [] : [gap(path, 'a window (over)', 'an objective on the whole')];
  });
}

function listAt(
  campaign: Campaign,
  { target, scenario }: MatrixCell,
  level: 'scenario' | 'target' | 'campaign',
): ObjectiveList | null {
  if (level === 'scenario') return scenario?.objectives ?? null;
  return level === 'target' ? target.objectives : campaign.objectives;
}
