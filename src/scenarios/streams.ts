import type { Phase } from './phase.ts';

/** What a trial's random streams hang on: the campaign's seed, the scenario's name, the trial's number from 1. */
export interface ScheduleContext {
  /** Unsigned 64-bit integer, decimal. */
  readonly seed: string;
  readonly scenario: string;
  readonly trial: number;
}

/** The name of a random stream of a trial; same name and seed, same draws. */
export const streamName = (
  kind: 'arrivals' | 'shares' | 'samples',
  scenario: string,
  trial: number,
  phase: string,
): string => `${kind}/${scenario}/${trial}/${phase}`;

/** The stream of one phase. Phases of a trial have different names, or they would share their draws. */
export const phaseStream = (kind: 'arrivals' | 'shares', context: ScheduleContext, phase: Phase): string =>
  streamName(kind, context.scenario, context.trial, phase.name);
