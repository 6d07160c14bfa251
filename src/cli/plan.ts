import { once } from 'node:events';
import { nearest } from '../campaign/nearest.ts';
import type { Settled } from '../campaign/open-load.ts';
import type { Cell, Plan } from '../campaign/plan.ts';
import { planText } from '../campaign/plan-text.ts';
import { parsePositiveRate } from '../campaign/quantity.ts';
import { settledPhases } from '../campaign/settled-load.ts';
import { arrivalLines } from '../scenarios/digest.ts';
import { fleetArrivals, shareArrivals } from '../scenarios/schedule.ts';
import type { ScheduleContext } from '../scenarios/streams.ts';
import { EXIT_CODES } from '../verdict/exit-code.ts';
import { openBytes } from '../wire/byte-reader.ts';
import { type CampaignOptions, planCampaignFile } from './campaign-file.ts';
import { Failure } from './failure.ts';

const USAGE = EXIT_CODES['before-start'].code;

export interface PlanOptions extends CampaignOptions {
  readonly json?: boolean;
  readonly arrivals?: string;
  readonly trial: string;
  readonly agent?: string;
  readonly rate?: string;
}

/** `loadcell plan`: runs nothing. */
export async function showPlan(file: string, options: PlanOptions): Promise<void> {
  const { plan } = await planCampaignFile(file, options, 'plan');
  if (options.arrivals !== undefined) await printArrivals(plan, options.arrivals, options);
  else process.stdout.write(options.json === true ? `${JSON.stringify(plan, null, 2)}\n` : planText(plan));
}

/** One line per arrival of the measure phases: these lines are what the schedule digest is taken of. */
async function printArrivals(plan: Plan, cellId: string, { trial, agent, rate }: PlanOptions): Promise<void> {
  const cell = settledCell(cellOf(plan, cellId), rate);
  const context: ScheduleContext = {
    seed: plan.seed,
    scenario: cell.scenario,
    trial: numberIn('--trial', trial, 1, cell.trials.length),
  };
  const cursor =
    agent === undefined
      ? fleetArrivals(cell.phases, context, openBytes)
      : shareArrivals(
          cell.phases,
          { index: numberIn('--agent', agent, 0, cell.agents - 1), of: cell.agents },
          context,
          openBytes,
        );
  await printed(arrivalLines(cursor, cell.phases));
}

function cellOf(plan: Plan, id: string): Cell {
  const cell = plan.cells.find((candidate) => candidate.id === id);
  if (cell === undefined) {
    const ids = plan.cells.map((candidate) => candidate.id);
    const near = nearest(id, ids);
    throw new Failure(
      USAGE,
      `--arrivals: found ${id}, which is no cell of this campaign; ${near === null ? `expected one of ${ids.join(', ')}` : `did you mean ${near}`}`,
    );
  }
  if (cell.phases.some(({ purpose, load }) => purpose === 'measure' && load.kind === 'closed')) {
    throw new Failure(
      USAGE,
      `--arrivals: ${id} is a closed scenario: its starts follow from completions, so there is no schedule to print`,
    );
  }
  return cell;
}

/** A cell whose load a run has to find out, with the rate that it came to there: of a level, or of the peak. */
function settledCell(cell: Cell, text: string | undefined): Cell {
  const { open } = cell;
  if (open === undefined) {
    if (text === undefined) return cell;
    throw new Failure(USAGE, `--rate: found ${text} for ${cell.id}, whose rates the campaign says, expected none`);
  }
  const what = open.kind === 'search' ? 'the rate of the level' : 'the peak';
  if (text === undefined)
    throw new Failure(
      USAGE,
      `--arrivals: the rates of ${cell.id} are found by its run: expected --rate beside it, ${what} as benchmarks.json has it, for example --rate 213.4/s`,
    );
  const rate = parsePositiveRate(text);
  if (!rate.ok) throw new Failure(USAGE, `--rate: ${rate.problem}`);
  const settled: Settled =
    open.kind === 'search'
      ? { kind: 'level', level: { stage: 'fit', rate: rate.value } }
      : { kind: 'peak', rate: rate.value };
  return { ...cell, phases: settledPhases(cell, open, settled) };
}

function numberIn(option: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new Failure(USAGE, `${option}: found ${text}, expected a whole number from ${least} to ${most}`);
  }
  return value;
}

const LINES_AT_ONCE = 4096;

/** Hours of arrivals in constant memory. */
async function printed(lines: Iterable<string>): Promise<void> {
  let batch: string[] = [];
  for (const line of lines) {
    batch.push(line);
    if (batch.length < LINES_AT_ONCE) continue;
    if (!process.stdout.write(batch.join(''))) await roomOrGone(process.stdout);
    if (process.stdout.destroyed) return;
    batch = [];
  }
  process.stdout.write(batch.join(''));
}

/** Until the reader has caught up, or is gone (`| head`). */
const roomOrGone = (out: NodeJS.WriteStream): Promise<unknown> => {
  const settled = new AbortController();
  const { signal } = settled;
  return Promise.race([once(out, 'drain', { signal }), once(out, 'close', { signal })])
    .catch(() => {})
    .finally(() => settled.abort());
};
