import { valueAt } from './assemble.ts';
import type { Campaign } from './campaign.ts';
import { checkCells } from './check-cells.ts';
import { checkFiles } from './check-files.ts';
import { OWN_SCENARIO } from './expand.ts';
import type { Finding } from './issue-sentence.ts';
import type { Path } from './mistake.ts';
import { nearest } from './nearest.ts';
import { isMap } from './override.ts';
import type { FileRules } from './paths.ts';
import { listed, quoted } from './quantity.ts';
import { aboveGuard, highestRate, offerOf } from './scenario-geometry.ts';
import type { TargetKind } from './target-schema.ts';

export interface CheckOptions extends FileRules {
  /** Whether scenarios may exceed `guard.rate`. */
  readonly guard: 'holds' | 'lifted';
}

/**
 * What no single value shows: names that nothing has, objectives that can never hold, paths that lead outside. Parts
 * that are `broken` already are absent from the campaign; what hangs on them is not judged.
 */
export function checkCampaign(
  campaign: Campaign,
  data: unknown,
  broken: readonly Path[],
  options: CheckOptions,
): Finding[] {
  const names = { targets: written(data, 'targets'), scenarios: written(data, 'scenarios') };
  const isBroken = (key: string): boolean => broken.some((path) => path.length === 0 || path[0] === key);
  return [
    ...checkPresence(data, names, isBroken),
    ...checkSynonyms(data),
    ...checkCellNames(data, names),
    ...checkGuard(campaign, data, options),
    ...checkFiles(campaign, options),
    ...checkCells(campaign, data, isBroken),
  ];
}

interface Names {
  readonly targets: readonly string[];
  readonly scenarios: readonly string[];
}

const written = (data: unknown, key: string): readonly string[] => {
  const map = valueAt(data, [key]);
  return isMap(map) ? Object.keys(map) : [];
};

const bringsOwn = (data: unknown, target: string): boolean =>
  valueAt(data, ['targets', target, 'k6', 'options']) === 'own';

function checkPresence(data: unknown, { targets, scenarios }: Names, isBroken: (key: string) => boolean): Finding[] {
  const missing: Finding[] = [];
  if (targets.length === 0 && !isBroken('targets')) {
    missing.push({
      path: ['targets'],
      message: 'found no target, expected at least one, for example { classifier: { onnx: { model: mobilenet-v2 } } }',
    });
  }
  const needed = targets.length === 0 || targets.some((target) => !bringsOwn(data, target));
  if (needed && scenarios.length === 0 && !isBroken('scenarios')) {
    missing.push({
      path: ['scenarios'],
      message: 'found no scenario, expected at least one, for example { load: { load: { rate: 120/s, for: 20s } } }',
    });
  }
  return missing;
}

/** `slaTargets` is another word for `objectives`: a map has one of them. */
function checkSynonyms(data: unknown): Finding[] {
  const maps: Path[] = [
    [],
    ...['targets', 'scenarios'].flatMap((key) => written(data, key).map((name): Path => [key, name])),
  ];
  return maps.flatMap((path) => {
    const both =
      valueAt(data, [...path, 'objectives']) !== undefined && valueAt(data, [...path, 'slaTargets']) !== undefined;
    return both
      ? [
          {
            path: [...path, 'slaTargets'],
            message: 'found objectives and slaTargets, expected one of them: they mean the same',
          },
        ]
      : [];
  });
}

function checkCellNames(data: unknown, { targets, scenarios }: Names): Finding[] {
  const ids = targets.flatMap((target) =>
    bringsOwn(data, target) ? [`${target}/${OWN_SCENARIO}`] : scenarios.map((scenario) => `${target}/${scenario}`),
  );
  return ['only', 'except'].flatMap((kind) => {
    const chosen = valueAt(data, ['cells', kind]);
    if (!Array.isArray(chosen)) return [];
    return chosen.flatMap((id: unknown, index) =>
      typeof id !== 'string' || ids.includes(id)
        ? []
        : [{ path: ['cells', kind, index], message: unknownCell(id, ids) }],
    );
  });
}

function unknownCell(id: string, ids: readonly string[]): string {
  if (/\[.*\]$/u.test(id))
    return `found ${quoted(id)}, expected a cell without its varied values, for example ${id.replace(/\[.*$/u, '')}`;
  const near = nearest(id, ids);
  const hint = near === null ? `expected ${listed(ids.slice(0, 8)) || 'target/scenario'}` : `did you mean ${near}?`;
  return `found ${quoted(id)}, which is no cell of this campaign, ${hint}`;
}

const NETWORK: readonly TargetKind[] = ['http', 'grpc', 'k6'];

function checkGuard(campaign: Campaign, data: unknown, { guard }: CheckOptions): Finding[] {
  const network = campaign.targets.find(({ target }) => NETWORK.includes(target.kind));
  if (campaign.environment === 'production' && network !== undefined && valueAt(data, ['guard']) === undefined) {
    return [
      {
        path: ['guard'],
        message: `found nothing, expected a highest rate because ${network.name} is a network target in production, for example { rate: 200/s }`,
      },
    ];
  }
  if (guard === 'lifted') return [];
  return campaign.scenarios.flatMap((scenario) => {
    const offer = scenario.preset.kind === 'offline' ? null : offerOf(scenario, 1);
    const highest =
      scenario.preset.kind === 'peak' ? scenario.preset.options.until : offer === null ? null : highestRate(offer);
    const message = aboveGuard(highest, campaign.guard?.rate);
    return message === null ? [] : [{ path: ['scenarios', scenario.name, scenario.preset.kind], message }];
  });
}
