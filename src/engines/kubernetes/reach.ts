import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import type { KubernetesPlace } from '../../campaign/fleet-spec.ts';
import { nearest } from '../../campaign/nearest.ts';
import { ApiCluster } from './api-cluster.ts';
import type { Reach } from './cluster.ts';

interface World {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  /** Before the paths that Kubernetes gives a pod; empty but in tests. */
  readonly root?: string;
  /** How long a call may take. */
  readonly limitMs: number;
}

type Unreached = Extract<Reach, { readonly kind: 'none' }>;

/** Of a pod whose service account's token is given to it. */
const ACCOUNT = 'var/run/secrets/kubernetes.io/serviceaccount/token';

/** The cluster that `KUBECONFIG` or `~/.kube/config` names; without either that of the pod in which this runs. */
export function reachCluster({ context, namespace }: KubernetesPlace, world: World): Reach {
  const files = kubeconfigs(world);
  if ('kind' in files) return files;
  const config = configOf(files, world);
  if (!(config instanceof KubeConfig)) return config;
  // A pod knows its own cluster and no names of others.
  const chosen = choose(config, files.length > 0 ? context : null);
  if (chosen !== null) return chosen;
  const own = config.getContextObject(config.getCurrentContext())?.namespace;
  return {
    kind: 'cluster',
    cluster: new ApiCluster(config, namespace ?? (own || 'default'), world.limitMs),
  };
}

/** Those that are there; none: there is the account of a pod. */
function kubeconfigs({ env, home, root = '/' }: World): readonly string[] | Unreached {
  const named = (env.KUBECONFIG ?? '').split(delimiter).filter((file) => file !== '');
  const asked = named.length > 0 ? named : [join(home, '.kube', 'config')];
  const files = asked.filter((file) => existsSync(file));
  if (files.length > 0) return files;
  if (named.length > 0) return unreached(`KUBECONFIG: found ${named.join(delimiter)}, and no such file`);
  if (existsSync(join(root, ACCOUNT))) return [];
  return unreached('found no kubeconfig: neither KUBECONFIG, nor ~/.kube/config, nor the account of a pod');
}

function configOf(files: readonly string[], { root = '/' }: World): KubeConfig | Unreached {
  if (files.length > 0) return readFiles(files);
  const config = new KubeConfig();
  config.loadFromCluster(root === '/' ? '' : root);
  return config;
}

/** Of several files the first says what a name means. */
function readFiles(files: readonly string[]): KubeConfig | Unreached {
  const config = new KubeConfig();
  for (const [at, file] of files.entries()) {
    try {
      const read = new KubeConfig();
      read.loadFromFile(file);
      config.mergeConfig(read, at > 0);
    } catch (error) {
      return unreached(`${file}: is no kubeconfig: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return config;
}

/** Makes the context the current one; null where it leads to a cluster. */
function choose(config: KubeConfig, context: string | null): Unreached | null {
  const names = config.getContexts().map(({ name }) => name);
  const wanted = context ?? config.getCurrentContext();
  if (wanted === undefined || wanted === '') {
    return unreached(
      'the kubeconfig has no current context',
      `name one of ${names.join(', ')} with fleet.kubernetes.context`,
    );
  }
  if (!names.includes(wanted)) {
    const near = nearest(wanted, names);
    const where = context === null ? 'the kubeconfig: found the current context' : 'fleet.kubernetes.context: found';
    return unreached(
      `${where} ${wanted}, which the kubeconfig does not have`,
      `${near === null ? 'there' : `did you mean ${near}? There`} is ${names.join(', ') || 'none'}`,
    );
  }
  config.setCurrentContext(wanted);
  if (config.getCurrentCluster() !== null) return null;
  return unreached(`the kubeconfig: context ${wanted} leads to no cluster that is there`);
}

const unreached = (
  message: string,
  hint = 'log in to the cluster, or name its kubeconfig with KUBECONFIG',
): Unreached => ({ kind: 'none', message, hint });
