import type { NetworkSpec, TargetSpec } from '../campaign/target-spec.ts';
import type { NetworkTarget } from './network-target.ts';
import { nullTarget } from './null.ts';
import type { ProfilePlan } from './onnx.ts';
import { SleepTarget } from './sleep.ts';
import type { Target } from './target.ts';

/** The target that a plan names, not yet opened. An inference library is loaded only for a target that needs it. */
export async function targetFor(
  spec: Exclude<TargetSpec, NetworkSpec>,
  profiles: () => Promise<ProfilePlan>,
): Promise<Target> {
  switch (spec.kind) {
    case 'null':
      return nullTarget();
    case 'sleep':
      return new SleepTarget(spec.law);
    case 'custom':
      return (await import('./custom.ts')).customTarget(spec);
    case 'k6':
      throw new Error('a k6 script is run by k6, not by a worker');
    case 'onnx':
      return (await import('./onnx.ts')).onnxTarget(spec, await profiles());
  }
}

/** The network target that a plan names, not yet opened. `env`: where the agent's secrets are. */
export async function networkTargetFor(
  spec: NetworkSpec,
  env: Readonly<Record<string, string | undefined>>,
): Promise<NetworkTarget> {
  const { ownSecrets } = await import('./endpoint/secret.ts');
  switch (spec.kind) {
    case 'http':
      return (await import('./endpoint/http-target.ts')).httpTarget(spec, ownSecrets(env));
    case 'grpc':
      return (await import('./endpoint/grpc-target.ts')).grpcTarget(spec, ownSecrets(env));
  }
}
