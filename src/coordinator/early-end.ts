import type { FleetEvent } from './run-state.ts';
import { stopTrial } from './trial-end.ts';
import { isSameAttempt } from './trial-ref.ts';
import type { Turn } from './turn.ts';

/** The seconds of the running trial call for its end. A stop that is already under way goes on. */
export function onStopCalled(turn: Turn, { ref, cause, why }: Extract<FleetEvent, { kind: 'stop-called' }>): void {
  const { stage } = turn.run;
  if (stage.kind !== 'running' || stage.stop !== null) return;
  if (!isSameAttempt(ref, stage.trial)) return;
  turn.show({ kind: 'ending-early', at: stage.trial.position, cause, why });
  stopTrial(turn, cause);
}

/** A GPU of the fleet is lost: the trial that it served ends, and no other one is run. */
export function onGpuLost(turn: Turn, { ref, why }: Extract<FleetEvent, { kind: 'gpu-lost' }>): void {
  if (turn.run.halted !== null) return;
  turn.change({ halted: why });
  const { stage } = turn.run;
  if (stage.kind !== 'running' || stage.stop !== null) return;
  if (isSameAttempt(ref, stage.trial)) stopTrial(turn, 'fault');
}
