import { execFile, spawn } from 'node:child_process';
import { homedir, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import type { FleetSpec, KubernetesPlace, KubernetesSite, SlurmSite } from '../campaign/fleet-spec.ts';
import { systemWallClock } from '../time/monotonic.ts';
import type { Ns } from '../time/ns.ts';
import type { Engine } from './engine.ts';
import type { Reach } from './kubernetes/cluster.ts';
import { LocalEngine } from './local.ts';
import type { AgentSource } from './slurm/job-script.ts';
import type { SlurmEngineOptions } from './slurm/slurm.ts';
import { toolCaller } from './tool.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** How long a call of a scheduler's tool may take. */
const CALL_MS = 15_000;

/** The engine of this machine. */
export const localEngine = (env: Environment): LocalEngine =>
  new LocalEngine({
    spawn,
    env,
    call: toolCaller(execFile, env, CALL_MS),
    // By number: the user of a container need have no name.
    stateFolder: join(tmpdir(), `loadcell-${process.getuid?.() ?? userInfo().username}`),
  });

/**
 * The engine that a plan asks for; loaded when it is. `local` stands for the one of this machine. `agent`: what Slurm's
 * agents are started from; absent: one is packed and staged.
 */
export async function engineOf(
  fleet: FleetSpec | undefined,
  env: Environment,
  local: Engine,
  agent?: AgentSource,
): Promise<Engine> {
  switch (fleet?.engine) {
    case undefined:
    case 'local':
      return local;
    case 'slurm':
      return await slurmEngine(fleet.slurm, env, agent);
    case 'kubernetes':
      return await kubernetesEngine(fleet.kubernetes ?? ANYWHERE, fleet, env);
  }
}

/** What the kubeconfig says. */
export const ANYWHERE: KubernetesPlace = { context: null, namespace: null };

/**
 * The engine of the cluster that a kubeconfig names, or of the pod that this runs in. Without a site it places nothing: it
 * finds and ends. Its client is loaded here and nowhere else: no other run pays for it.
 */
export async function kubernetesEngine(
  place: KubernetesPlace,
  { queueNs, kubernetes }: { readonly queueNs: Ns; readonly kubernetes?: KubernetesSite },
  env: Environment,
): Promise<Engine> {
  const [{ KubernetesEngine, POLL_MS, SLACK_MS }, { owningJob }] = await Promise.all([
    import('./kubernetes/kubernetes.ts'),
    import('./kubernetes/coordinator-manifest.ts'),
  ]);
  const [reach, owner] = [await reachOf(place, env), owningJob(env)];
  return new KubernetesEngine({ reach, site: kubernetes ?? null, queueNs, pollMs: POLL_MS, slackMs: SLACK_MS, owner });
}

/** How the cluster of a kubeconfig, or of the pod that this runs in, is reached. */
export const reachOf = async (place: KubernetesPlace, env: Environment): Promise<Reach> =>
  await import('./kubernetes/reach.ts').then(
    ({ reachCluster }) => reachCluster(place, { env, home: homedir(), limitMs: CALL_MS }),
    withoutClient,
  );

/** Of an installation that is an agent's alone. */
function withoutClient(error: NodeJS.ErrnoException): Reach {
  if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
  const message = 'this installation has no @kubernetes/client-node, which the engine kubernetes speaks by';
  return { kind: 'none', message, hint: "lead the run by the image loadcell-coordinator, or by npm's package" };
}

/** What stands for an engine where agents come by themselves and find their places in a folder. */
export const awaitedEngine = async (folder: string): Promise<Engine> =>
  new (await import('./awaited.ts')).AwaitedEngine(folder);

/** The engine of the cluster whose tools are on the PATH. `agent`: what its agents are started from; absent: one is packed. */
export async function slurmEngine(site: SlurmSite | undefined, env: Environment, agent?: AgentSource): Promise<Engine> {
  const { SlurmEngine } = await import('./slurm/slurm.ts');
  return new SlurmEngine(await slurmOptions(site, env, agent));
}

/** What is spoken with a cluster by. */
export async function slurmOptions(
  site: SlurmSite | undefined,
  env: Environment,
  agent?: AgentSource,
): Promise<SlurmEngineOptions> {
  const [{ POLL_MS }, { AGENT_ENTRY, packAgent }, { removeUnused }] = await Promise.all([
    import('./slurm/slurm.ts'),
    import('./agent-pack.ts'),
    import('./slurm/unused.ts'),
  ]);
  const shared = site?.shared ?? join(homedir(), '.loadcell');
  const named = site?.agent ?? null;
  const cache = join(env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'loadcell');
  return {
    call: toolCaller(execFile, env, CALL_MS),
    user: userInfo().username,
    shared,
    stageAgent: async () => {
      if (agent !== undefined) return agent;
      removeUnused(shared, systemWallClock.nowMs());
      if (named !== null) return { kind: 'folder', path: named };
      return { kind: 'pack', ...(await packAgent(join(shared, 'agents'), cache)) };
    },
    entry: AGENT_ENTRY,
    path: env.PATH ?? '',
    pollMs: POLL_MS,
  };
}
