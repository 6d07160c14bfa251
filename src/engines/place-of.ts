import type { FleetSpec, SlurmSite } from '../campaign/fleet-spec.ts';
import { slurmOptions } from './engine-of.ts';
import type { InsidePlace } from './inside-place.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Where the engine of a fleet places coordinators; null: that engine places none. */
export async function insidePlaceOf(fleet: FleetSpec, env: Environment): Promise<InsidePlace | null> {
  return fleet.engine === 'slurm' ? await slurmPlace(fleet.slurm, env) : null;
}

/** On nodes of the cluster whose tools are on the PATH. */
export async function slurmPlace(site: SlurmSite | undefined, env: Environment): Promise<InsidePlace> {
  const { SlurmPlace } = await import('./slurm/inside.ts');
  return new SlurmPlace(await slurmOptions(site, env));
}
