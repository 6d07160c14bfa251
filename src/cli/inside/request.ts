import type { Address, Advertised } from '../../campaign/dial-address.ts';
import type { Plan } from '../../campaign/plan.ts';
import { formatDuration } from '../../campaign/quantity.ts';
import type { DueAt, RunRequest } from '../../coordinator/supervision.ts';
import { END_WARNING_S } from '../../engines/inside-place.ts';
import type { AgentSource } from '../../engines/slurm/job-script.ts';
import { type Ns, seconds } from '../../time/ns.ts';

/**
 * `request.json` of a bundle: what a run is asked for beside its plan and campaign. Instants are of the wall clock: two
 * machines share no other.
 */
export interface InsideRequest {
  readonly kind: 'loadcell/inside';
  readonly schemaVersion: 1;
  readonly runId: string;
  /** `dial`: nothing is run, one agent is placed to see whether it can dial in. */
  readonly mode: RunRequest['mode'] | 'dial';
  readonly source: RunRequest['source'];
  readonly listen: Address;
  /** Null: as the place says. */
  readonly advertise: Advertised | null;
  readonly calibrationMaxAgeS: number;
  /** When the whole command must be over, ISO 8601 UTC, and how the user wrote it. */
  readonly deadline: { readonly at: string; readonly text: string } | null;
  /** How long the coordinator may stay on its place. */
  readonly stayNs: Ns;
}

/** A reading of both clocks of a machine at one instant. */
export interface Instant {
  readonly wallMs: number;
  readonly monotonic: bigint;
}

export const insideRequest = (run: RunRequest, stayNs: Ns, now: Instant): InsideRequest => ({
  kind: 'loadcell/inside',
  schemaVersion: 1,
  runId: run.runId,
  mode: run.mode,
  source: run.source,
  listen: run.listen,
  advertise: run.advertise ?? null,
  calibrationMaxAgeS: run.calibrationMaxAgeS,
  deadline: run.deadline === null ? null : { at: wallOf(run.deadline.at, now), text: run.deadline.text },
  stayNs,
});

const wallOf = (at: bigint, { wallMs, monotonic }: Instant): string =>
  new Date(wallMs + Number((at - monotonic) / 1_000_000n)).toISOString();

/** What a coordinator finds in its room. */
export interface Found {
  readonly plan: Plan;
  readonly campaignText: Uint8Array;
  /** Absolute; below it the run's own. */
  readonly resultsDir: string;
  /** Absolute. */
  readonly filesFolder: string;
  /** Null: the engine needs none. */
  readonly agentSource: AgentSource | null;
  /** By which host agents find this machine, where the request does not say. */
  readonly advertise: string;
}

/** The run that a request asks for, on the machine of its coordinator. `now`: when that began. */
export function runOf(request: InsideRequest, found: Found, now: Instant): RunRequest {
  const { runId, mode, source, listen, advertise, calibrationMaxAgeS } = request;
  const { plan, campaignText, resultsDir, filesFolder, agentSource } = found;
  return {
    mode: mode === 'resume' ? 'resume' : 'new',
    runId,
    plan,
    campaignText,
    resultsDir,
    source,
    listen,
    advertise: advertise ?? { host: found.advertise, port: null },
    filesFolder,
    ...(agentSource === null ? {} : { agentSource }),
    calibrationMaxAgeS,
    deadline: dueOf(request, now),
  };
}

/** What is left after the place's own warning is for what was being waited for when it came. */
const BEFORE_WARNING_NS = seconds(60);

/** Whichever comes first: the command's deadline, or the end of the stay, early enough for an end in good order. */
function dueOf({ deadline, stayNs }: InsideRequest, { wallMs, monotonic }: Instant): DueAt {
  const most = stayNs - seconds(END_WARNING_S) - BEFORE_WARNING_NS;
  const stay: DueAt = { at: monotonic + BigInt(Math.round(most)), text: formatDuration(stayNs), of: 'place' };
  if (deadline === null) return stay;
  const leftMs = Date.parse(deadline.at) - wallMs;
  const given: DueAt = { at: monotonic + BigInt(Math.round(leftMs * 1e6)), text: deadline.text };
  return given.at < stay.at ? given : stay;
}
