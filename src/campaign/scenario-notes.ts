import type { ScenarioSpec } from '../scenarios/scenario-spec.ts';
import type { Ns } from '../time/ns.ts';
import type { CampaignScenario } from './campaign.ts';
import type { MatrixCell } from './expand.ts';
import { formatDuration } from './quantity.ts';

/** What a scenario comes to on a cell where that is not what its text says word for word. */
export function scenarioNotes(
  scenario: CampaignScenario,
  { batch, options }: MatrixCell,
  load: ScenarioSpec,
): string[] {
  const takesBatches = 'batch' in options.options;
  const notes = [...uneven(scenario, load, batch), ...(takesBatches ? bundles(scenario, load, batch) : [])];
  return [...notes, ...lengthened(scenario, load), ...openEnded(load)].map(
    (note) => `scenario ${scenario.name}: ${note}`,
  );
}

function uneven({ preset }: CampaignScenario, load: ScenarioSpec, batch: number): string[] {
  if (preset.kind !== 'offline' || load.kind !== 'offline' || preset.options.samples % batch === 0) return [];
  return [`${preset.options.samples} samples in batches of ${batch} are ${load.requests} full requests`];
}

function bundles({ preset }: CampaignScenario, load: ScenarioSpec, batch: number): string[] {
  if (preset.kind !== 'multiStream' || load.kind !== 'multiStream' || load.infers === 1) return [];
  const { samples } = preset.options;
  return [
    `a bundle of ${samples} samples is ${load.infers} inferences of batch ${batch}, one after the other; batch: ${samples} makes it one`,
  ];
}

/** Phases that last longer than was written, for the requests that they must hold. */
function lengthened({ preset }: CampaignScenario, load: ScenarioSpec): string[] {
  if (load.kind === 'phases' && preset.kind === 'phases')
    return load.phases.flatMap(({ durationNs }, i) => {
      const written = preset.options[i];
      const of = written?.name ?? `phase ${i + 1}`;
      return written === undefined ? [] : longer(`${of} lasts`, written.atLeast, written.durationNs, durationNs);
    });
  if ((load.kind === 'load' || load.kind === 'soak' || load.kind === 'ramp') && preset.kind === load.kind)
    return longer('it lasts', preset.options.atLeast ?? null, preset.options.for, load.durationNs);
  return [];
}

/** What is told before the start of a closed load that may go on: its 20 blocks are cut from its duration. */
function openEnded(load: ScenarioSpec): string[] {
  if (!('atLeast' in load) || load.atLeast === null) return [];
  return [
    `where it must go on after ${formatDuration(load.durationNs)} for its ${load.atLeast} requests, its figures are facts of the run, without bounds`,
  ];
}

const longer = (lasts: string, atLeast: number | null, written: Ns, planned: Ns): string[] =>
  atLeast === null || planned === written
    ? []
    : [`${lasts} ${formatDuration(planned)} instead of ${formatDuration(written)} to hold ${atLeast} requests`];
