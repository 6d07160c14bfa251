import type { FleetEvent } from './run-state.ts';
import { stopTrial } from './trial-life.ts';
import type { Turn } from './turn.ts';

/** The seconds of the running trial call for its end. A stop that is already under way goes on. */
export function onStopCalled(turn: Turn, { ref, cause, why }: Extract<FleetEvent, { kind: 'stop-called' }>): void {
  const { stage } = turn.run;
  if (stage.kind !== 'running' || stage.stop !== null) return;
  const { cell, trial, attempt, position } = stage.trial;
  if (ref.cell !== cell || ref.trial !== trial || ref.attempt !== attempt) return;
  turn.show({ kind: 'ending-early', at: position, cause, why });
  stopTrial(turn, cause);
}
