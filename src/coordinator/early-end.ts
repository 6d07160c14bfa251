import type { FleetEvent } from './run-state.ts';
import { stopTrial } from './trial-end.ts';
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

/** A GPU of the fleet is lost: the trial that it served ends, and no other one is run. */
export function onGpuLost(turn: Turn, { ref, why }: Extract<FleetEvent, { kind: 'gpu-lost' }>): void {
  if (turn.run.halted !== null) return;
  turn.change({ halted: why });
  const { stage } = turn.run;
  if (stage.kind !== 'running' || stage.stop !== null) return;
  const { cell, trial, attempt } = stage.trial;
  if (ref.cell === cell && ref.trial === trial && ref.attempt === attempt) stopTrial(turn, 'fault');
}
