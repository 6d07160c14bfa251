import { createReadStream, existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { sha256OfFile } from '../../models/digest.ts';
import { readText } from '../../wire/read-text.ts';
import { PROGRAM_ENTRY } from '../agent-pack.ts';
import type { Probe } from '../engine.ts';
import {
  type Bundle,
  type InsideHandle,
  type InsideOrder,
  type InsidePlace,
  type InsideStatus,
  PlaceTrouble,
  type ResultFile,
  ROOM,
} from '../inside-place.ts';
import { runFolder } from './attempt-folder.ts';
import { endJob, type JobWatch } from './end-job.ts';
import { insideArguments, insideJobName, insideScript } from './inside-script.ts';
import { courseOf, endText, isUnknownJob, JOB_FORMAT, parseJobs } from './job-state.ts';
import { jobsOf } from './jobs-of.ts';
import { probeJob } from './probe.ts';
import { linesOf } from './room-lines.ts';
import type { SlurmEngineOptions } from './slurm.ts';

/** Where the id of the room's job stands. */
const JOB_FILE = 'job';
/** How long a submission of which nothing was heard may take to show itself. */
const APPEAR_MS = 30_000;

/**
 * Places a coordinator by Slurm: a job of its own beside those of its agents, which it submits from its node. Its room is
 * a folder on the shared path, so that words and results are read there, whether its node lives or not.
 */
export class SlurmPlace implements InsidePlace {
  readonly name = 'slurm';
  readonly keeps = 'until they are fetched';
  readonly #options: SlurmEngineOptions;

  constructor(options: SlurmEngineOptions) {
    this.#options = options;
  }

  probe(order: InsideOrder): Promise<Probe> {
    const job = { instance: order.instance, nodes: 1, coordinator: null, arguments: insideArguments(order, '/tmp') };
    return probeJob(job, this.#options);
  }

  async start(
    order: InsideOrder,
    bundle: Bundle,
    waiting: (why: string) => void,
    signal: AbortSignal,
  ): Promise<InsideHandle> {
    const { runId } = order;
    const earlier = await this.#jobOf(runId);
    if (earlier !== null) return this.#handle(runId, earlier);
    const room = this.#room(runId);
    // What an earlier coordinator of this run recorded, which nobody has fetched, is not thrown away for a new one.
    if (existsSync(join(room, ROOM.words))) return this.#handle(runId, this.#notedIn(room));
    try {
      waiting('the program and the campaign are being staged');
      const source = await this.#options.stageAgent();
      await layOut(room, bundle, signal);
      await writeFile(join(room, ROOM.agent), JSON.stringify(source), { mode: 0o600 });
      const script = insideScript({ room, source, entry: PROGRAM_ENTRY, path: this.#options.path });
      signal.throwIfAborted();
      const id = await this.#submit(order, room, script);
      await writeFile(join(room, JOB_FILE), `${id}\n`, { mode: 0o600 });
      return this.#handle(runId, id);
    } catch (error) {
      await this.clear(this.#handle(runId, await this.#jobOf(runId).catch(() => null)));
      throw signal.aborted || error instanceof PlaceTrouble ? error : refused(error);
    }
  }

  async find(runId: string | null): Promise<readonly InsideHandle[]> {
    const names = await readdir(this.#rooms()).catch(() => []);
    const wanted = names.filter((name) => !name.startsWith(ASIDE) && (runId === null || name === runId));
    return await Promise.all(wanted.map(async (name) => this.#handle(name, await this.#idOf(name))));
  }

  async status({ id }: InsideHandle): Promise<InsideStatus> {
    if (id === null) return { kind: 'ended', reason: 'it was never submitted' };
    const end = await this.#options.call('squeue', ['-h', '-t', 'all', '-j', id, '-o', JOB_FORMAT]);
    if (end.kind !== 'answered' && !(end.kind === 'refused' && isUnknownJob(end.why))) {
      return { kind: 'unknown', reason: end.why };
    }
    const job = end.kind === 'answered' ? parseJobs(end.stdout).find((one) => one.id === id) : undefined;
    if (job === undefined) return { kind: 'ended', reason: `Slurm no longer knows the job ${id}` };
    const course = courseOf(job.state);
    if (course.kind === 'ended') return { kind: 'ended', reason: `Slurm job ${id}: ${endText(job)}` };
    if (course.kind === 'queued') return { kind: 'queued', reason: `Slurm job ${id} is queued (${job.reason})` };
    return { kind: 'running', node: null };
  }

  words(handle: InsideHandle, from: number, signal: AbortSignal): AsyncIterable<string> {
    const hasEnded = async (): Promise<boolean> => (await this.status(handle)).kind === 'ended';
    return linesOf(join(handle.room, ROOM.words), from, hasEnded, signal);
  }

  async tell(handle: InsideHandle, what: 'drain' | 'abort'): Promise<void> {
    const { id } = handle;
    if (id === null) return;
    const { kind } = await this.status(handle);
    if (kind === 'ended') return;
    if (what === 'abort' || kind === 'queued') return await this.#end(handle, id);
    const end = await this.#options.call('scancel', ['--signal=TERM', '--batch', id]);
    if (end.kind !== 'answered' && (await this.status(handle)).kind !== 'ended')
      throw new PlaceTrouble('lost', end.why);
  }

  async results({ room, runId }: InsideHandle, signal: AbortSignal): Promise<readonly ResultFile[]> {
    await this.#present(room);
    const sealed = readText(join(room, ROOM.sealed));
    if (sealed !== null) return JSON.parse(sealed) as readonly ResultFile[];
    return await listed(join(room, ROOM.results, runId), signal);
  }

  async *read(
    { room, runId }: InsideHandle,
    path: string,
    from: number,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array> {
    const full = join(room, ROOM.results, runId, path);
    try {
      yield* createReadStream(full, { start: from, signal }) as AsyncIterable<Uint8Array>;
    } catch (error) {
      await this.#present(room);
      throw new PlaceTrouble('lost', `${full}: ${sentenceOf(error)}`, error);
    }
  }

  async clear(handle: InsideHandle): Promise<void> {
    if (handle.id !== null) await this.#end(handle, handle.id);
    await removeAtOnce(handle.room);
    // What an attempt left whose coordinator was killed between its job's end and that of its folder.
    await rm(runFolder(this.#options.shared, handle.runId), { recursive: true, force: true });
  }

  async #submit(order: InsideOrder, room: string, script: string): Promise<string> {
    const end = await this.#options.call('sbatch', insideArguments(order, room), script);
    if (end.kind === 'answered') return end.stdout.trim().split(';')[0] ?? '';
    const appeared = end.kind === 'silent' ? await this.#appeared(order.runId) : null;
    if (appeared !== null) return appeared;
    throw new PlaceTrouble('refused', end.why);
  }

  async #appeared(runId: string): Promise<string | null> {
    for (let waited = 0; waited < APPEAR_MS; waited += this.#options.pollMs) {
      const found = await this.#jobOf(runId).catch(() => null);
      if (found !== null) return found;
      await delay(this.#options.pollMs);
    }
    return null;
  }

  /** Of the job that a room is for, ended or not; null: none was submitted. */
  async #idOf(runId: string): Promise<string | null> {
    return this.#notedIn(this.#room(runId)) ?? (await this.#jobOf(runId).catch(() => null));
  }

  #notedIn(room: string): string | null {
    return readText(join(room, JOB_FILE))?.trim() ?? null;
  }

  /** The job of a run's coordinator that has not ended; null: there is none. */
  async #jobOf(runId: string): Promise<string | null> {
    const jobs = await jobsOf(this.#options.user, this.#options.call);
    return jobs.find(({ name }) => name === insideJobName(runId))?.id ?? null;
  }

  async #end(handle: InsideHandle, id: string): Promise<void> {
    const { call, pollMs } = this.#options;
    const watch: JobWatch = { call, pollMs, isOver: async () => (await this.status(handle)).kind === 'ended' };
    await endJob(id, watch).catch((error: unknown) => {
      throw new PlaceTrouble('lost', sentenceOf(error), error);
    });
  }

  async #present(room: string): Promise<void> {
    const found = await stat(room).catch((error: NodeJS.ErrnoException) => error);
    if (!(found instanceof Error)) return;
    if (found.code === 'ENOENT' && existsSync(dirname(room)))
      throw new PlaceTrouble('cleared', `${room}: is not there any more`);
    throw new PlaceTrouble('lost', `${room}: cannot be read: ${found.message}`, found);
  }

  #rooms(): string {
    return join(this.#options.shared, 'inside');
  }

  #room(runId: string): string {
    return join(this.#rooms(), runId);
  }

  #handle(runId: string, id: string | null): InsideHandle {
    return { runId, id, room: this.#room(runId) };
  }
}

/** At the head of the name of a room that is being removed. */
const ASIDE = '.';

/** Out of sight in one step: another command that reads there finds all of it or nothing. */
async function removeAtOnce(room: string): Promise<void> {
  const aside = join(dirname(room), `${ASIDE}${basename(room)}`);
  await rm(aside, { recursive: true, force: true });
  await rename(room, aside).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  await rm(aside, { recursive: true, force: true });
}

/** A bundle below a room that is made anew. */
async function layOut(room: string, { files }: Bundle, signal: AbortSignal): Promise<void> {
  await rm(room, { recursive: true, force: true });
  for (const { name, content } of files) {
    signal.throwIfAborted();
    const to = join(room, ROOM.bundle, name);
    await mkdir(dirname(to), { recursive: true, mode: 0o700 });
    if (typeof content === 'string') await copyFile(content, to);
    else await writeFile(to, content, { mode: 0o600 });
  }
}

/** What lies in a folder that nobody sealed. */
async function listed(folder: string, signal: AbortSignal): Promise<readonly ResultFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const paths = entries
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const files: ResultFile[] = [];
  for (const path of paths) {
    signal.throwIfAborted();
    const bytes = (await stat(path)).size;
    files.push({ path: path.slice(folder.length + 1), bytes, sha256: await sha256OfFile(path) });
  }
  return files;
}

const refused = (error: unknown): PlaceTrouble => new PlaceTrouble('refused', sentenceOf(error), error);

const sentenceOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
