import { existsSync } from 'node:fs';
import { cp, readFile, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import type { Plan } from '../../campaign/plan.ts';
import { digestFiles, jsonText, writeWhole } from '../../coordinator/results-folder.ts';
import type { RunRequest } from '../../coordinator/supervision.ts';
import { engineOf, localEngine } from '../../engines/engine-of.ts';
import { ROOM } from '../../engines/inside-place.ts';
import type { AgentSource } from '../../engines/slurm/job-script.ts';
import { sha256OfFile } from '../../models/digest.ts';
import { makeFolders } from '../../models/make-folders.ts';
import { nodeMonotonic, systemWallClock } from '../../time/monotonic.ts';
import { EXIT_CODES } from '../../verdict/exit-code.ts';
import { dialExit, dialHere } from '../dial.ts';
import { Failure } from '../failure.ts';
import { supervised } from '../run.ts';
import type { SupervisedEnd, Supervisor } from '../supervise.ts';
import { packageVersion } from '../version.ts';
import { BUNDLE, type Listed } from './bundle.ts';
import { type InsideRequest, type Instant, runOf } from './request.ts';
import { type Found, watched, watchFor } from './room-watch.ts';
import type { LastWord, Word } from './words.ts';
import { WordsFile } from './words-file.ts';

export interface RoomOptions {
  /** By which host agents find this machine; absent: its own name. */
  readonly advertise?: string;
}

/**
 * `loadcell inside <room>`: carries out the run whose bundle lies in the room, tells of it there line by line, lists what
 * came of it with digests, and gives the run's exit code. What cannot be done is the last word too.
 */
export async function serveRoom(room: string, options: RoomOptions, supervisor: Supervisor): Promise<number> {
  const folder = resolve(room);
  const now: Instant = { wallMs: systemWallClock.nowMs(), monotonic: nodeMonotonic() };
  refuseOther(folder);
  const words = new WordsFile(join(folder, ROOM.words));
  const say = (word: Word): void => void words.say(word);
  const last = await carriedOut(folder, options, { supervisor, say, now }).catch(wordOf);
  if (last instanceof RoomGone) throw last;
  // Else to whoever reads the job's standard error.
  if (!words.say(last) && last.kind === 'failed') throw new Failure(last.exitCode, last.message);
  return last.exitCode;
}

/** One run, one room: words of two coordinators in one file would be nobody's. */
function refuseOther(folder: string): void {
  if (!existsSync(folder)) {
    throw new Failure(
      EXIT_CODES['before-start'].code,
      `${folder}: not found, expected a folder with the bundle of a run`,
    );
  }
  if (!existsSync(join(folder, ROOM.words))) return;
  throw new Failure(
    EXIT_CODES['before-start'].code,
    `${folder}: found the words of a coordinator, expected a room in which none has been`,
  );
}

interface Served {
  readonly supervisor: Supervisor;
  readonly say: (word: Word) => void;
  readonly now: Instant;
}

async function carriedOut(room: string, options: RoomOptions, { supervisor, say, now }: Served): Promise<LastWord> {
  await verifyBundle(join(room, ROOM.bundle));
  const request = await jsonIn<InsideRequest>(room, BUNDLE.request);
  const plan = await jsonIn<Plan>(room, BUNDLE.plan);
  refuseOtherVersion(plan);
  const resultsDir = join(room, ROOM.results);
  const own = join(resultsDir, request.runId);
  await makeFolders(resultsDir);
  if (request.mode === 'resume') await cp(join(room, ROOM.bundle, BUNDLE.recorded), own, { recursive: true });
  const run = runOf(
    request,
    {
      plan,
      campaignText: await readFile(join(room, ROOM.bundle, BUNDLE.campaign)),
      resultsDir,
      filesFolder: join(room, ROOM.bundle, BUNDLE.files),
      agentSource: await agentSourceIn(room),
      advertise: options.advertise ?? hostname(),
    },
    now,
  );
  if (request.mode === 'dial') return await dialled(run, supervisor);
  say({ kind: 'begun', loadcell: packageVersion(), host: hostname(), folder: own });
  const look = await watched(join(room, ROOM.bundle, BUNDLE.listing));
  const unwatch = watchFor(look, () => supervisor.abandon());
  const end = await supervised(run, supervisor, {
    show: (event) => say({ kind: 'progress', event }),
    close: () => {},
  }).finally(unwatch);
  const found = await look();
  if (found !== 'same') return await withoutRoom(room, found);
  await seal(room, own);
  return lastWordOf(end);
}

/**
 * Whoever led the run has taken its coordinator for dead and cleared its room. What was written there since is nobody's,
 * unless the run has been taken up again, by another coordinator in a room of the same name.
 */
async function withoutRoom(room: string, found: Exclude<Found, 'same'>): Promise<never> {
  if (found === 'nothing') await rm(room, { recursive: true, force: true });
  const why = 'its coordinator was taken for dead, and what it had recorded was brought';
  throw new RoomGone(EXIT_CODES['own-fault'].code, `${room}: is not there any more: ${why}`);
}

/** Nothing is run: this process itself opens the door and places one agent. */
async function dialled(run: RunRequest, supervisor: Supervisor): Promise<LastWord> {
  await supervisor.dismiss();
  const { signal } = new AbortController();
  const engine = await engineOf(run.plan.fleet, process.env, localEngine(process.env), run.agentSource);
  const dialling = { waiting: (): void => {}, signal };
  const found = await dialHere(run.plan, { engine, door: run, runId: run.runId }, dialling);
  return { kind: 'dialled', exitCode: dialExit(found), dialled: found };
}

/** Whoever fetches the results holds them against this. */
async function seal(room: string, folder: string): Promise<void> {
  const files = existsSync(folder) ? await digestFiles(folder, () => true) : [];
  await writeWhole(join(room, ROOM.sealed), jsonText(files));
}

const lastWordOf = (end: SupervisedEnd): LastWord =>
  end.kind === 'finished'
    ? { kind: 'finished', exitCode: end.exitCode }
    : { kind: 'failed', exitCode: end.exitCode, message: end.message };

/** Its words would be nobody's, or those of a run that has been taken up again. */
class RoomGone extends Failure {}

function wordOf(error: unknown): LastWord | RoomGone {
  if (error instanceof RoomGone) return error;
  if (error instanceof Failure) return { kind: 'failed', exitCode: error.exitCode, message: error.message };
  const message = error instanceof Error ? error.message : String(error);
  return { kind: 'failed', exitCode: EXIT_CODES['own-fault'].code, message: `the coordinator's room: ${message}` };
}

/** Everything that the listing names came whole. */
async function verifyBundle(bundle: string): Promise<void> {
  const listing = await readFile(join(bundle, BUNDLE.listing), 'utf8').catch((error: unknown) => {
    throw new Error(`${join(bundle, BUNDLE.listing)}: not found, expected the bundle of a run`, { cause: error });
  });
  for (const { name, bytes, sha256 } of JSON.parse(listing) as readonly Listed[]) {
    const path = join(bundle, name);
    const size = await stat(path).then(
      (found) => found.size,
      () => null,
    );
    const found = size === null ? null : await sha256OfFile(path);
    if (found === sha256) continue;
    const what = size === null ? 'not found' : `found ${size} bytes with SHA-256 ${found?.slice(0, 12)}…`;
    throw new Error(`${path}: ${what}, expected ${bytes} with ${sha256.slice(0, 12)}…: it was not handed over whole`);
  }
}

const jsonIn = async <T>(room: string, name: string): Promise<T> =>
  JSON.parse(await readFile(join(room, ROOM.bundle, name), 'utf8')) as T;

/** Agents serve only their own version, and they are started from what this one is. */
function refuseOtherVersion({ loadcell }: Plan): void {
  const own = packageVersion();
  if (loadcell === own) return;
  throw new Failure(
    EXIT_CODES['before-start'].code,
    `found loadcell ${own} inside and a plan of loadcell ${loadcell}, expected one version on both sides`,
  );
}

/** What the place says its engine starts agents from; null: nothing. */
async function agentSourceIn(room: string): Promise<AgentSource | null> {
  const path = join(room, ROOM.agent);
  return existsSync(path) ? (JSON.parse(await readFile(path, 'utf8')) as AgentSource) : null;
}
