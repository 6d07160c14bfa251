import type { ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { systemWallClock } from '../../../time/monotonic.ts';
import { EXIT_CODES } from '../../../verdict/exit-code.ts';
import { createAuthority } from '../../../wire/x509.ts';
import type { RoomArguments } from './room-arguments.ts';
import { RoomFiles } from './room-files.ts';
import { type RoomEnd, RoomLife } from './room-life.ts';
import { roomServer } from './room-server.ts';

/** How long nobody may hand anything over, before the run has begun. */
const IDLE_S = 600;
/** How long the last answers may take. */
const ANSWER_MS = 500;
const DAY_MS = 86_400_000;
/** The API server does not look at it: it has to be there, no more. */
const VALID_DAYS = 400;

/** How a room's process ends; `sentence` null: as it should. */
export interface RoomExit {
  readonly exitCode: number;
  readonly sentence: string | null;
}

/**
 * Serves a room on its pod's address until nothing is to come of it any more. `start` starts its coordinator, at the head of a
 * process group of its own. A SIGTERM of `signals` drains it; its results can be fetched until the pod is made to end.
 */
export async function keepRoom(
  room: RoomArguments,
  signals: Pick<NodeJS.Process, 'on'>,
  start: () => ChildProcess,
): Promise<RoomExit> {
  const { folder, runId, tokenDigest, advertise: host, port, staySeconds, keepSeconds } = room;
  const life = new RoomLife(start, { stayMs: 1000 * staySeconds, keepMs: 1000 * keepSeconds, idleMs: 1000 * IDLE_S });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) signals.on(signal, () => life.drainAndStay());
  const files = new RoomFiles(folder, runId);
  const app = roomServer({ folder, runId, tokenDigest, credential: await ownCredential(runId), files, life });
  await app.listen({ host, port });
  const end = await life.over;
  // Whoever has asked is answered; who waits for words is not waited for.
  await Promise.race([app.close(), delay(ANSWER_MS)]);
  app.server.closeAllConnections();
  return exitOf(end);
}

async function ownCredential(runId: string) {
  const nowMs = systemWallClock.nowMs();
  const validity = { notBefore: new Date(nowMs - DAY_MS), notAfter: new Date(nowMs + VALID_DAYS * DAY_MS) };
  const authority = await createAuthority(`loadcell room ${runId}`, validity);
  return await authority.server('room.loadcell');
}

function exitOf(end: RoomEnd): RoomExit {
  if (end !== 'nobody handed over a run') return { exitCode: 0, sentence: null };
  const sentence = `nobody handed over a run within ${IDLE_S / 60} min, or went on with it`;
  return { exitCode: EXIT_CODES.inconclusive.code, sentence };
}
