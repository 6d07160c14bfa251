import type { Command } from 'commander';
import type { Supervisor } from '../supervise.ts';

/** What a verb may touch of the program around it. */
export interface VerbContext {
  /** Sets the program's exit code; the last word counts. */
  readonly exitWith: (code: number) => void;
  /** The supervisor of the run, which may be at work already; whoever gives it also dismisses it. */
  readonly supervise: () => Supervisor;
}

/** Adds one verb to the program. What it carries out is imported when it is called, so that no verb pays for another. */
export type AddVerb = (program: Command, context: VerbContext) => void;
