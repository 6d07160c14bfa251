import type { KubernetesSite } from '../../campaign/fleet-spec.ts';
import type { Ns } from '../../time/ns.ts';
import { infeasible, type Probe, type Problem } from '../engine.ts';
import type { InsideOrder } from '../inside-place.ts';
import { isAbsent } from './answer.ts';
import type { Cluster, Reach } from './cluster.ts';
import { coordinatorManifest } from './coordinator-manifest.ts';
import { knock, problemOf } from './probe.ts';
import { NEEDED, NEEDED_INSIDE } from './rights.ts';

interface Asked {
  readonly reach: Reach;
  readonly site: KubernetesSite | null;
  readonly order: InsideOrder;
  readonly queueNs: Ns;
}

/**
 * Whether a coordinator could be placed inside the cluster: whether one may do what that takes, whether the account that it is
 * to have is there, and by a trial of its Job that makes nothing. What that account may do it finds out itself.
 */
export async function probeCoordinator({ reach, site, order, queueNs }: Asked): Promise<Probe> {
  if (reach.kind === 'none') {
    return infeasible([], [{ code: 'misconfigured', message: reach.message, hint: reach.hint }]);
  }
  const { cluster } = reach;
  const coordinator = site?.coordinator ?? null;
  if (site === null || coordinator === null) return infeasible([], [NO_IMAGE]);
  const { found, problem, user } = await knock(cluster, [...NEEDED, ...NEEDED_INSIDE], ROLES);
  if (problem !== null) return infeasible(found, [problem]);
  const missing = await missingAccount(cluster, coordinator.serviceAccount);
  if (missing !== null) return infeasible(found, [missing]);
  const job = coordinatorManifest({ order, site, coordinator, user, queueNs, tokenDigest: '' });
  const trial = await cluster.createJob(job, 'trial');
  if (trial.kind !== 'answered')
    return infeasible(found, [problemOf(trial, 'create job of the coordinator (a trial)')]);
  return { kind: 'feasible', found };
}

const ROLES = 'ask for the Roles of deploy/kubernetes/access.yaml in this namespace';

const NO_IMAGE: Problem = {
  code: 'misconfigured',
  message: 'fleet.coordinator.place: found inside, and no image of a coordinator',
  hint: 'expected fleet.kubernetes.coordinator: { image: registry.example/loadcell-coordinator@sha256:… }',
};

/** Where accounts may not be read, that of the pod tells: its Job cannot make it. */
async function missingAccount(cluster: Cluster, name: string): Promise<Problem | null> {
  const account = await cluster.readAccount(name);
  if (!isAbsent(account)) return null;
  return {
    code: 'misconfigured',
    message: `namespace ${cluster.namespace}: found no service account ${name}, whose pod the coordinator is to be`,
    hint: 'apply deploy/kubernetes/access.yaml, or name another with fleet.kubernetes.coordinator.serviceAccount',
  };
}
