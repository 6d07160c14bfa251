import { isAbsolute } from 'node:path';
import type { EngineName, KubernetesPlace } from '../campaign/fleet-spec.ts';
import type { Engine } from '../engines/engine.ts';
import { kubernetesEngine, localEngine, slurmEngine } from '../engines/engine-of.ts';
import type { InsidePlace } from '../engines/inside-place.ts';
import { kubernetesPlace, slurmPlace } from '../engines/place-of.ts';
import { seconds } from '../time/ns.ts';
import { EXIT_CODES } from '../verdict/exit-code.ts';
import { Failure } from './failure.ts';

export interface EngineOptions {
  readonly engine: EngineName;
  /** The shared folder of the runs on Slurm, where it is not the default one. */
  readonly shared?: string;
  /** Of the kubeconfig, where it is not the current one. */
  readonly context?: string;
  /** On Kubernetes, where it is not the context's own. */
  readonly namespace?: string;
}

/** The engine that the command line names. Throws a {@link Failure} where it cannot be. */
export async function chosenEngine({ engine, shared, context, namespace }: EngineOptions): Promise<Engine> {
  switch (engine) {
    case 'local':
      return localEngine(process.env);
    case 'slurm':
      return await slurmEngine(sharedAt(shared), process.env);
    case 'kubernetes':
      return await kubernetesEngine(kubernetesAt(context, namespace), NOTHING_PLACED, process.env);
    default:
      return engine satisfies never;
  }
}

/** Where that engine has coordinators on places of their own; null: it has none. */
export async function chosenPlace({ engine, shared, context, namespace }: EngineOptions): Promise<InsidePlace | null> {
  switch (engine) {
    case 'local':
      return null;
    case 'slurm':
      return await slurmPlace(sharedAt(shared), process.env);
    case 'kubernetes':
      return await kubernetesPlace(kubernetesAt(context, namespace), NOTHING_PLACED, process.env);
  }
}

const NOTHING_PLACED = { queueNs: seconds(0) };

const kubernetesAt = (context: string | undefined, namespace: string | undefined): KubernetesPlace => ({
  context: context ?? null,
  namespace: namespace ?? null,
});

function sharedAt(shared: string | undefined): { readonly shared: string | null; readonly agent: null } {
  if (shared !== undefined && !isAbsolute(shared)) {
    throw new Failure(
      EXIT_CODES['before-start'].code,
      `--shared: found ${shared}, expected an absolute path, for example /scratch/vision/loadcell`,
    );
  }
  return { shared: shared ?? null, agent: null };
}
