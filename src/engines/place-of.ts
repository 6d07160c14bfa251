import type { FleetSpec, KubernetesPlace, KubernetesSite, SlurmSite } from '../campaign/fleet-spec.ts';
import type { Ns } from '../time/ns.ts';
import { ANYWHERE, reachOf, slurmOptions } from './engine-of.ts';
import type { InsidePlace } from './inside-place.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Where the engine of a fleet places coordinators; null: that engine places none. */
export async function insidePlaceOf(fleet: FleetSpec, env: Environment): Promise<InsidePlace | null> {
  switch (fleet.engine) {
    case 'local':
      return null;
    case 'slurm':
      return await slurmPlace(fleet.slurm, env);
    case 'kubernetes':
      return await kubernetesPlace(fleet.kubernetes ?? ANYWHERE, fleet, env);
  }
}

/** On nodes of the cluster whose tools are on the PATH. */
export async function slurmPlace(site: SlurmSite | undefined, env: Environment): Promise<InsidePlace> {
  const { SlurmPlace } = await import('./slurm/inside.ts');
  return new SlurmPlace(await slurmOptions(site, env));
}

/** In a pod of the cluster that a kubeconfig names. Without a site none is placed there: they are found, fetched and cleared. */
export async function kubernetesPlace(
  at: KubernetesPlace,
  { queueNs, kubernetes }: { readonly queueNs: Ns; readonly kubernetes?: KubernetesSite },
  env: Environment,
): Promise<InsidePlace> {
  const [{ KubernetesPlace: Place }, { roomToken }, { POLL_MS, SLACK_MS }] = await Promise.all([
    import('./kubernetes/kubernetes-place.ts'),
    import('./kubernetes/room-token.ts'),
    import('./kubernetes/kubernetes.ts'),
  ]);
  return new Place({
    reach: await reachOf(at, env),
    site: kubernetes ?? null,
    queueNs,
    pollMs: POLL_MS,
    slackMs: SLACK_MS,
    token: roomToken(env),
  });
}
