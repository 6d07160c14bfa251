import type { Ns } from '../time/ns.ts';
import type { Address, Advertised } from './dial-address.ts';
import type { Instance } from './instance.ts';

/** What places agents. */
export type EngineName = 'local' | 'slurm' | 'kubernetes';

/** What a run asks of its engine. */
export interface FleetSpec {
  readonly engine: EngineName;
  /** How long the engine may look for places at the start of the run. */
  readonly queueNs: Ns;
  /** How long agents may stay once they are placed; null: as long as the engine lets them. */
  readonly stayNs: Ns | null;
  /** What agents run on, by name; a cell names one of them. */
  readonly instances: Readonly<Record<string, Instance>>;
  /** Absent: what {@link SlurmSite} says of null. */
  readonly slurm?: SlurmSite;
  /** There where the engine is Kubernetes. */
  readonly kubernetes?: KubernetesSite;
  /** Places that serve targets which are served; absent: each agent serves its own. */
  readonly servers?: { readonly agents: number; readonly instance: string | null };
  /** Absent: what {@link CoordinatorSite} says of null. The command line may say otherwise. */
  readonly coordinator?: CoordinatorSite;
}

/** How agents find the coordinator. */
export interface CoordinatorSite {
  /** Null: a free port of the loopback address. */
  readonly listen: Address | null;
  /** Null: the address that it listens on. */
  readonly advertise: Advertised | null;
  /** A place of its own on the cluster; absent: it runs where the command does. */
  readonly inside?: InsideSite;
}

/** What a coordinator that runs inside a cluster is given. */
export interface InsideSite {
  readonly instance: Instance;
  /** How long it may stay once it is placed. */
  readonly stayNs: Ns;
}

/** What a run must know of a cluster that Slurm schedules. */
export interface SlurmSite {
  /** Absolute: a folder that the nodes read and write under the same path; null: `.loadcell` in the user's home. */
  readonly shared: string | null;
  /** Absolute, on the nodes: an unpacked agent directory; null: one is packed and staged in the shared folder. */
  readonly agent: string | null;
}

/** Where on Kubernetes. */
export interface KubernetesPlace {
  /** Of the kubeconfig; null: its current one, or the cluster of the pod that this runs in. */
  readonly context: string | null;
  /** Null: the context's own. */
  readonly namespace: string | null;
}

/** What a run must know of a cluster that Kubernetes schedules. */
export interface KubernetesSite extends KubernetesPlace {
  /** By digest. */
  readonly image: string;
  /** What starts an agent in the image; null: as the project's own images have it. */
  readonly command: readonly string[] | null;
  /** Secrets of the namespace. */
  readonly imagePullSecrets: readonly string[];
  /** Null: the namespace's default one. Its token is given to no agent. */
  readonly serviceAccount: string | null;
  /** Of everything that is made, beside the engine's own. */
  readonly labels: Readonly<Record<string, string>>;
  /** Labels that a node must have. */
  readonly nodeSelector: Readonly<Record<string, string>>;
  /** Taints that agents bear, beside those of GPU nodes. */
  readonly tolerations: readonly Toleration[];
  readonly priorityClass: string | null;
  readonly runtimeClass: string | null;
  /** A local queue of Kueue; null: the Job may start at once. */
  readonly queue: string | null;
  /** `nodes`: no two agents of a run on one node. */
  readonly spread: 'nodes' | 'none';
  /** `scaled`: nodes come when pods wait for them, so that none that fits now says nothing. */
  readonly nodes: 'fixed' | 'scaled';
  /** Null: no coordinator is placed there. */
  readonly coordinator: KubernetesCoordinator | null;
}

/** What a coordinator inside a cluster that Kubernetes schedules is made of. */
export interface KubernetesCoordinator {
  /** By digest. */
  readonly image: string;
  /** What starts its pod's process in the image; null: as the project's own images have it. */
  readonly command: readonly string[] | null;
  /** With the Role of deploy/kubernetes. */
  readonly serviceAccount: string;
  /** At which the API server reaches its pod. */
  readonly port: number;
  /** How long results stay there after its end. */
  readonly keepNs: Ns;
}

/** As Kubernetes has it (core/v1). */
export interface Toleration {
  readonly key?: string;
  readonly operator?: 'Exists' | 'Equal';
  readonly value?: string;
  readonly effect?: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';
  readonly tolerationSeconds?: number;
}
