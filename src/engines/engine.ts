import type { EngineName } from '../campaign/fleet-spec.ts';
import type { Instance } from '../campaign/instance.ts';
import type { NonEmpty } from '../scenarios/phase.ts';
import type { Ns } from '../time/ns.ts';

/**
 * What places agents. An engine decides where agents run; whether and when they offer load is the coordinator's
 * affair. One attempt is one object of the engine; a retry is a new attempt; no engine retries by itself.
 */
export interface Engine {
  /** `awaited`: none, agents are started by somebody else and come by themselves. */
  readonly name: EngineName | 'awaited';
  /** Whether this group could be placed here: tools, permissions, room. Problems are values. */
  probe(group: AgentGroup): Promise<Probe>;
  /** Places the group. Idempotent on the key: the same key again gives the same handle and starts nothing. */
  submit(group: AgentGroup, key: AttemptKey): Promise<Handle>;
  status(handle: Handle): Promise<GroupStatus>;
  /**
   * Tells the status of a group at first, and whenever something about it has changed, as soon as the engine knows: a
   * local agent's end is seen at once. Where the engine can only be asked, it asks. Ends by itself once the group has
   * ended; returns what ends it before.
   */
  watch(handle: Handle, onStatus: (status: GroupStatus) => void): () => void;
  /** Asks the members to end, and makes them after `graceNs`. Resolves once none is left. Idempotent; "not found" is done. */
  cancel(handle: Handle, graceNs: Ns): Promise<void>;
  /** What the member wrote to its standard error, as far as it was kept: ends where the keeping ends. */
  logs(handle: Handle, index: number): AsyncIterable<Uint8Array>;
  /** Attempts of this owner that the engine still holds a place for, or looks for one; whoever submitted them. Rejects with a `PlaceTrouble`. */
  list(owner: Owner): Promise<readonly Handle[]>;
}

/** Agents that are placed together: those of `indices`, each on a place of its own. */
export interface AgentGroup {
  readonly runId: string;
  /** Places in the fleet, each from 0: all of them at first, the lost ones in a later attempt. */
  readonly indices: NonEmpty<number>;
  /** Where agents dial: `host:port`. */
  readonly coordinator: string;
  /** Shared secret of the run. Never in an argument, an environment, a comment or a log. */
  readonly token: string;
  /** What each agent runs on. */
  readonly instance: Instance;
  /** How long an agent may stay at most; null: as long as the engine lets it. */
  readonly stayNs: Ns | null;
  /** How long an agent tries to reach the coordinator, seconds; absent: as agents do by themselves. */
  readonly registerWithinS?: number;
}

export interface AttemptKey {
  readonly runId: string;
  /** Counts from 1 over the run, whatever places it is for. */
  readonly attempt: number;
}

export interface Owner {
  /** Null: every run of this user. */
  readonly runId: string | null;
}

/** JSON; survives a restart of the coordinator. */
export interface Handle {
  readonly engine: Engine['name'];
  readonly key: AttemptKey;
  readonly members: readonly HandleMember[];
  /** The shared folder by which its members tell of themselves, where this engine has one; absent: it has none. */
  readonly shared?: string;
}

export interface HandleMember {
  readonly index: number;
  /** The engine's own name of the member: a process, a Slurm task, a pod. */
  readonly id: string;
  /** UUIDs of devices that this engine itself gave it; absent: none. */
  readonly gpus?: readonly string[];
  /** Numbers of processors that it is pinned to; absent: it runs on any. */
  readonly cpus?: readonly string[];
}

/** `found`: what is there, a line each, for people. */
export type Probe = { readonly found: readonly string[] } & (
  | { readonly kind: 'feasible' }
  | { readonly kind: 'infeasible'; readonly problems: NonEmpty<Problem> }
);

/** `message`: where, and what was found, the engine's own reason included; `hint`: what would be right. */
export interface Problem {
  /** `no-answer`: the engine did not answer, which says nothing about the group. */
  readonly code: 'tool-missing' | 'no-permission' | 'no-room' | 'misconfigured' | 'no-answer';
  readonly message: string;
  readonly hint: string;
}

/** `problems`: at least one. */
export function infeasible(found: readonly string[], problems: readonly Problem[]): Probe {
  return { kind: 'infeasible', found, problems: problems as NonEmpty<Problem> };
}

export type GroupStatus =
  /** `reason`: why it waits, in the engine's own words; a clause for people. */
  | { readonly kind: 'queued'; readonly reason: string }
  | { readonly kind: 'starting'; readonly members: readonly Member[] }
  | { readonly kind: 'running'; readonly members: readonly Member[] }
  | {
      readonly kind: 'ended';
      readonly outcome: 'completed' | 'failed' | 'cancelled';
      /** In the engine's own words: `NODE_FAIL`; empty where it has none. */
      readonly reason: string;
      readonly members: readonly Member[];
    }
  /** The engine did not answer: which means nothing about the group. */
  | { readonly kind: 'unknown'; readonly reason: string };

export interface Member {
  readonly index: number;
  /** The node's name; null until the engine has chosen one. */
  readonly node: string | null;
  /** Devices given to the member, as the engine names them: UUIDs, or their numbers on the node. */
  readonly gpus: readonly string[];
  readonly state: { readonly kind: 'queued' | 'running' } | { readonly kind: 'ended'; readonly exit: MemberExit };
}

export interface MemberExit {
  readonly index: number;
  /** One of the two is null; both are where the engine no longer knows how the member ended. */
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** The last line that the member wrote to its standard error; empty when there is none. */
  readonly lastLine: string;
}

/** How a member ended, for people: "ended with exit code 70: cannot read the token". */
export function describeExit(exit: MemberExit): string {
  const how =
    exit.signal !== null
      ? `was ended by ${exit.signal}`
      : exit.exitCode === null
        ? 'ended, how is not known'
        : `ended with exit code ${exit.exitCode}`;
  return exit.lastLine === '' ? how : `${how}: ${exit.lastLine}`;
}
