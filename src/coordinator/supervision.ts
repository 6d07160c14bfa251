import type { Address, Advertised } from '../campaign/dial-address.ts';
import type { Plan } from '../campaign/plan.ts';
import type { AgentSource } from '../engines/slurm/job-script.ts';
import type { ErrorCode } from '../verdict/exit-code.ts';
import type { Benchmarks } from '../verdict/result.ts';
import type { ProgressEvent } from './progress-events.ts';

/**
 * What the supervisor (`loadcell run`) and the coordinator process say to each other: one message per IPC send, with
 * `serialization: 'advanced'`.
 *
 * The coordinator is given one run, answers with progress and ends with exactly one `finished` or `failed`, after which
 * it leaves by itself. The supervisor owns it: when the channel closes before that, the coordinator kills its group.
 */
export type ToCoordinator =
  | { readonly kind: 'run'; readonly run: RunRequest }
  /** Stop everywhere, drain, write what there is, mark it interrupted. Idempotent. */
  | { readonly kind: 'interrupt'; readonly signal: 'SIGINT' | 'SIGTERM' };

export interface RunRequest {
  /** `resume`: the folder is that of a run which had ended early, and `plan` and `campaignText` are its own. */
  readonly mode: 'new' | 'resume';
  /** Names the folder below `resultsDir`, so that the supervisor can name it even when the coordinator dies. */
  readonly runId: string;
  readonly plan: Plan;
  /** The campaign file's bytes, as given. */
  readonly campaignText: Uint8Array;
  /** Absolute. */
  readonly resultsDir: string;
  /** Where the program came from. */
  readonly source: { readonly commit: string | null; readonly dirty: boolean | null; readonly ci: string | null };
  /** Where agents dial in; port 0 draws a free one. */
  readonly listen: Address;
  /** By which address agents find it; port null: the one it listens on. Absent: the address it listens on. */
  readonly advertise?: Advertised;
  /**
   * Where places lie for agents that somebody else starts, an absolute path; absent: agents are placed by the engine.
   */
  readonly joinFolder?: string;
  /** Folder, absolute, in which the files of the plan lie by their SHA-256; absent: they lie at their paths. */
  readonly filesFolder?: string;
  /** What Slurm's agents are started from; absent: one is packed and staged. */
  readonly agentSource?: AgentSource;
  /** Where Prometheus may scrape the run; absent: nowhere. */
  readonly metrics?: { readonly host: string; readonly port: number };
  /** A calibration with an equal key that is at most this old is used again; 0: always a fresh one. Seconds. */
  readonly calibrationMaxAgeS: number;
  /** When the whole command must be over. Null: no matter when. */
  readonly deadline: DueAt | null;
}

export interface DueAt {
  /** On the node's monotonic clock. */
  readonly at: bigint;
  /** As the user wrote how long it may take. */
  readonly text: string;
  /** What is over then: the command, or else the stay of the coordinator on its place. */
  readonly of?: 'place';
}

export type FromCoordinator =
  /** The process has loaded and waits for `run`. */
  | { readonly kind: 'up' }
  | { readonly kind: 'progress'; readonly event: ProgressEvent }
  /** The folder is whole: the manifest is written. */
  | {
      readonly kind: 'finished';
      /** Absolute path of the results folder. */
      readonly folder: string;
      readonly verdict: Benchmarks['verdict'];
      readonly exitCode: number;
      readonly summary: Benchmarks;
    }
  /** The run could not be carried out or its evidence not be written; `message` is one sentence for people. */
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly exitCode: number; readonly message: string };

/** Argument of a coordinator whose agents are started by somebody else: it starts none ahead. */
export const AGENTS_COME = '--agents-come';

/** Default of {@link RunRequest.calibrationMaxAgeS}: 24 h. */
export const CALIBRATION_MAX_AGE_S = 24 * 3600;
