import { type Ns, ns } from '../time/ns.ts';
import { valueAt } from './assemble.ts';
import type { Campaign, CampaignScenario, Combination, VariedValue } from './campaign.ts';
import { placesOfOptions } from './endpoint-plan.ts';
import { expand } from './expand.ts';
import { groupProblems, instanceProblems, siteProblems, unknownInstance } from './fleet-plan.ts';
import type { Finding } from './issue-sentence.ts';
import type { Path } from './mistake.ts';
import { chooseObjectives } from './objective-choice.ts';
import { keptInFlight } from './places.ts';
import { formatDuration } from './quantity.ts';
import { offerOf } from './scenario-geometry.ts';
import { keyProblem, meaningful, valueProblem, variantOf } from './variation.ts';

const MOST_CELLS = 10_000;
const MOST_ARRIVALS = 1e9;
/** Instants stay exact to the nanosecond. */
const MOST_NS = ns(2400 * 3600e9);

/** What only the whole matrix shows. */
export function checkCells(campaign: Campaign, data: unknown, isBroken: (key: string) => boolean): Finding[] {
  const variation = [
    ...siteProblems(campaign),
    ...instanceProblems(campaign),
    ...groupProblems(campaign, data),
    ...checkVariation(campaign, valueAt(data, ['vary'])),
  ];
  if (variation.length > 0) return [...variation, ...checkSizes(campaign)];
  const sizes = checkSizes(campaign);
  const judged =
    ['objectives', 'slaTargets', 'cells', 'vary'].some(isBroken) || sizes.length > 0 ? [] : checkObjectives(campaign);
  return [...sizes, ...checkBundles(campaign), ...checkPlaces(campaign), ...judged, ...checkNumber(campaign, isBroken)];
}

function checkVariation(campaign: Campaign, written: unknown): Finding[] {
  const found = new Map<string, Finding>();
  for (const [row, combination] of campaign.vary.entries()) {
    for (const [key, value] of combination) {
      const finding = checkVaried(campaign, { written, row, key, value });
      if (finding !== null) found.set(JSON.stringify(finding), finding);
    }
  }
  return found.size > 0
    ? [...found.values()]
    : campaign.vary.flatMap((combination) => togetherProblems(campaign, combination));
}

interface Varied {
  readonly written: unknown;
  readonly row: number;
  readonly key: string;
  readonly value: VariedValue;
}

/** What is wrong with a varied key, or else with its value. */
function checkVaried(campaign: Campaign, { written, row, key, value }: Varied): Finding | null {
  const kinds = campaign.targets.map(({ target }) => target.kind);
  const wrongKey = kinds.length === 0 ? null : keyProblem(key, kinds);
  if (wrongKey !== null)
    return { path: Array.isArray(written) ? ['vary', row, key] : ['vary', key], message: wrongKey };
  const wrongValue = key === 'instance' ? unknownInstance(campaign, value) : firstProblem(campaign, key, value);
  return wrongValue === null ? null : { path: placeOfValue(written, row, key, value), message: wrongValue };
}

/** In a list of combinations the one's key, in a map of keys the value in its list. */
function placeOfValue(written: unknown, row: number, key: string, value: VariedValue): Path {
  if (Array.isArray(written)) return ['vary', row, key];
  const values = valueAt(written, [key]);
  const index = Array.isArray(values) ? values.indexOf(value) : -1;
  return index < 0 ? ['vary', key] : ['vary', key, index];
}

function firstProblem(campaign: Campaign, key: string, value: VariedValue): string | null {
  for (const target of campaign.targets) {
    const [meant] = meaningful([[key, value]], target.target.kind);
    const problem = meant === undefined ? null : valueProblem(target, key, value);
    if (problem !== null) return problem;
  }
  return null;
}

/** Values that fit one by one and not together. */
function togetherProblems(campaign: Campaign, combination: Combination): Finding[] {
  return campaign.targets.flatMap((target) => {
    const variant = variantOf(target, meaningful(combination, target.target.kind));
    if (variant.ok) return [];
    const together = combination.map(([key, value]) => `${key}=${value}`).join(', ');
    return [{ path: ['vary'], message: `${variant.problem} (with ${together})` }];
  });
}

/** Bundles that are no whole number of inferences, or of answers that stream. */
function checkBundles(campaign: Campaign): Finding[] {
  return expand(campaign).flatMap(({ scenario, batch, options, target }) => {
    if (scenario?.preset.kind !== 'multiStream') return [];
    if (options.kind === 'http' && options.options.stream !== undefined) {
      const message = `found the target ${target.name}, whose answers stream: a bundle of streams has no first event; expected other scenarios for it`;
      return [{ path: ['scenarios', scenario.name, 'multiStream'], message }];
    }
    const { samples } = scenario.preset.options;
    if (samples % batch === 0) return [];
    const message = `found bundles of ${samples} samples for inferences of batch ${batch}, expected a multiple of the batch, for example ${Math.ceil(samples / batch) * batch}`;
    return [{ path: ['scenarios', scenario.name, 'multiStream', 'samples'], message }];
  });
}

/** Requests are dealt to the places that keep them in flight: a count of them needs all of these. */
function checkPlaces(campaign: Campaign): Finding[] {
  return expand(campaign).flatMap(({ scenario, options, agents, workers }) => {
    if (scenario?.preset.kind !== 'closed') return [];
    const { inFlight, atLeast } = scenario.preset.options;
    const places = placesOfOptions(options, workers);
    const kept = keptInFlight(inFlight, { agents, places });
    if (atLeast === undefined || kept === inFlight) return [];
    const message = `found atLeast with ${inFlight} in flight, of which agents: ${agents} with ${places === workers ? `workers: ${workers}` : `${places} places`} keep ${kept}; expected at most ${kept} in flight, or ${places === workers ? `workers: ${Math.ceil(inFlight / agents)}` : 'more connections'}`;
    return [{ path: ['scenarios', scenario.name, 'closed', 'inFlight'], message }];
  });
}

/** Phases that offer nothing, and schedules too long to be meant. */
function checkSizes(campaign: Campaign): Finding[] {
  return campaign.scenarios.flatMap((scenario) => {
    const counted = (offerOf(scenario, 1)?.phases ?? []).flatMap(({ name, load }) =>
      load.kind === 'closed' ? [] : [{ name, count: load.count }],
    );
    const path = ['scenarios', scenario.name, scenario.preset.kind];
    const empty = counted.find(({ count }) => count === 0);
    if (empty !== undefined)
      return [
        {
          path,
          message: `found no request in phase ${empty.name}, expected a rate and a duration that come to at least one`,
        },
      ];
    const total = counted.reduce((sum, { count }) => sum + count, 0);
    if (lengthOf(scenario) > MOST_NS)
      return [
        {
          path,
          message: `found ${formatDuration(lengthOf(scenario))} in all, expected at most ${formatDuration(MOST_NS)}: a higher rate, or fewer requests`,
        },
      ];
    if (total <= MOST_ARRIVALS) return [];
    return [{ path, message: `found ${total} requests in a trial, expected at most ${MOST_ARRIVALS}` }];
  });
}

/** Of all measure phases; as `atLeast` may make it. */
const lengthOf = (scenario: CampaignScenario): Ns =>
  ns((offerOf(scenario, 1)?.phases ?? []).reduce((sum, { durationNs }) => sum + durationNs, 0));

function checkObjectives(campaign: Campaign): Finding[] {
  return expand(campaign).flatMap((cell) => chooseObjectives(campaign, cell).refused);
}

function checkNumber(campaign: Campaign, isBroken: (key: string) => boolean): Finding[] {
  if (campaign.targets.length === 0 || campaign.scenarios.length === 0 || isBroken('targets') || isBroken('scenarios'))
    return [];
  const cells = expand(campaign).length;
  if (cells === 0) return [{ path: ['cells'], message: 'found a choice that leaves no cell, expected at least one' }];
  const trials = cells * campaign.trials;
  return trials <= MOST_CELLS
    ? []
    : [
        {
          path: campaign.vary.length > 0 ? ['vary'] : ['trials'],
          message: `found ${trials} trials (${cells} cells, ${campaign.trials} of each), expected at most ${MOST_CELLS}`,
        },
      ];
}
