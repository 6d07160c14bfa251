import { isAbsolute } from 'node:path';
import type { EngineName } from '../campaign/fleet-spec.ts';
import type { Engine } from '../engines/engine.ts';
import { kubernetesEngine, localEngine, slurmEngine } from '../engines/engine-of.ts';
import type { InsidePlace } from '../engines/inside-place.ts';
import { slurmPlace } from '../engines/place-of.ts';
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
    case 'kubernetes': {
      const place = { context: context ?? null, namespace: namespace ?? null };
      return await kubernetesEngine(place, { queueNs: seconds(0) }, process.env);
    }
    default:
      return engine satisfies never;
  }
}

/** Where that engine has coordinators on places of their own; null: it has none. */
export async function chosenPlace({ engine, shared }: EngineOptions): Promise<InsidePlace | null> {
  return engine === 'slurm' ? await slurmPlace(sharedAt(shared), process.env) : null;
}

function sharedAt(shared: string | undefined): { readonly shared: string | null; readonly agent: null } {
  if (shared !== undefined && !isAbsolute(shared)) {
    throw new Failure(
      EXIT_CODES['before-start'].code,
      `--shared: found ${shared}, expected an absolute path, for example /scratch/vision/loadcell`,
    );
  }
  return { shared: shared ?? null, agent: null };
}
