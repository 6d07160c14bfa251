import type { TargetSpec } from '../campaign/target-spec.ts';
import { nullTarget } from './null.ts';
import type { ProfilePlan } from './onnx.ts';
import { SleepTarget } from './sleep.ts';
import type { Target } from './target.ts';

/** The target that a plan names, not yet opened. An inference library is loaded only for a target that needs it. */
export async function targetFor(spec: TargetSpec, profiles: () => ProfilePlan): Promise<Target> {
  switch (spec.kind) {
    case 'null':
      return nullTarget();
    case 'sleep':
      return new SleepTarget(spec.law);
    case 'custom':
      return (await import('./custom.ts')).customTarget(spec);
    case 'onnx':
      return (await import('./onnx.ts')).onnxTarget(spec, profiles());
  }
}
