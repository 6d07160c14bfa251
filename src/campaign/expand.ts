import type {
  Campaign,
  CampaignScenario,
  CampaignTarget,
  Combination,
  InstanceChoice,
  VariedValue,
} from './campaign.ts';
import type { TargetOptions } from './target-schema.ts';
import { meaningful, variantOf } from './variation.ts';

/** target x scenario x varied values, before phases and objectives are known. */
export interface MatrixCell {
  /** `target/scenario`, with `[batch=1,workers=2]` when values vary. */
  readonly id: string;
  readonly target: CampaignTarget;
  /** The target with this cell's varied values. */
  readonly options: TargetOptions;
  /** Null: the target's own scenarios. */
  readonly scenario: CampaignScenario | null;
  readonly varied: Combination;
  readonly batch: number;
  readonly agents: number;
  readonly workers: number;
  /** Key of the plan's instances; null: agents may run on anything. */
  readonly instance: string | null;
}

/** The scenario name of a target that brings its own. */
export const OWN_SCENARIO = 'own';

/** Whether a target brings its own scenarios: `k6: { options: own }`. */
export const bringsScenarios = (options: TargetOptions): boolean =>
  options.kind === 'k6' && options.options.options === 'own';

/**
 * The cells in matrix order: targets, scenarios, varied values with the last key fastest. A key without meaning for a
 * target does not multiply its cells.
 */
export function expand(campaign: Campaign): readonly MatrixCell[] {
  return campaign.targets.flatMap((target) => {
    const variants = variantsOf(campaign, target);
    const scenarios = bringsScenarios(target.target) ? [null] : campaign.scenarios;
    return scenarios
      .filter((scenario) => isChosen(campaign, `${target.name}/${scenario?.name ?? OWN_SCENARIO}`))
      .flatMap((scenario) => variants.map((variant) => cellOf(target, scenario, variant)));
  });
}

/** Whether `cells` keeps a cell, by its id without brackets. */
export function isChosen({ cells }: Pick<Campaign, 'cells'>, plainId: string): boolean {
  if (cells.kind === 'all') return true;
  return cells.ids.includes(plainId) === (cells.kind === 'only');
}

type Variant = Pick<MatrixCell, 'options' | 'varied' | 'batch' | 'agents' | 'workers' | 'instance'>;

function variantsOf({ vary, fleet }: Campaign, target: CampaignTarget): Variant[] {
  const variants = new Map<string, Variant>();
  for (const combination of vary.length === 0 ? [[]] : vary) {
    const varied = meaningful(combination, target.target.kind);
    const options = variantOf(target, varied);
    if (!options.ok) continue;
    const value = (key: string, otherwise: number): number =>
      Number(varied.find(([name]) => name === key)?.[1] ?? otherwise);
    variants.set(bracketed(varied), {
      options: options.value,
      varied,
      batch: batchOf(options.value),
      agents: value('agents', fleet.agents),
      workers: value('workers', fleet.workers),
      instance: instanceKey(fleet.instance, varied),
    });
  }
  return [...variants.values()];
}

/** The key of an instance that is written in the fleet and has no name. */
export const WRITTEN_INSTANCE = 'fleet';

function instanceKey(choice: InstanceChoice, varied: Combination): string | null {
  const name = varied.find(([key]) => key === 'instance')?.[1];
  return name === undefined ? chosenKey(choice, WRITTEN_INSTANCE) : String(name);
}

/** `written`: the key of an instance that has no name. Null: anything. */
export function chosenKey(choice: InstanceChoice, written: string): string | null {
  if (choice.kind === 'any') return null;
  return choice.kind === 'named' ? choice.name : written;
}

const cellOf = (target: CampaignTarget, scenario: CampaignScenario | null, variant: Variant): MatrixCell => ({
  id: `${target.name}/${scenario?.name ?? OWN_SCENARIO}${bracketed(variant.varied)}`,
  target,
  scenario,
  ...variant,
});

const bracketed = (varied: Combination): string =>
  varied.length === 0 ? '' : `[${varied.map(([key, value]) => `${key}=${value}`).join(',')}]`;

const batchOf = (options: TargetOptions): number => ('batch' in options.options ? options.options.batch : 1);

/** What varies, and the cell's batch and workers whether they vary or not. */
export function valuesOf(cell: MatrixCell): Readonly<Record<string, VariedValue>> {
  return { batch: cell.batch, workers: cell.workers, ...Object.fromEntries(cell.varied) };
}
