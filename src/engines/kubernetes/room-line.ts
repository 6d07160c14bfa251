import { open } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import type { z } from 'zod';
import { type BundleFile, PlaceTrouble, type ResultFile } from '../inside-place.ts';
import { saysNothing, whyNot } from './answer.ts';
import { refusalIn } from './api-cluster.ts';
import type { Cluster, PodRequest } from './cluster.ts';
import {
  HELD_FILES,
  type HeldFile,
  LONGEST_WAIT_MS,
  PIECE_BYTES,
  RESULT_FILES,
  ROOM_ERROR,
  ROOM_HEADER,
  ROOM_STATE,
  ROOM_WORDS,
  type RoomState,
  type RoomWords,
  TOKEN_HEADER,
} from './room/room-talk.ts';

/** Nothing may come for so long before a connection counts as broken; longer than a room waits for words. */
const IDLE_MS = LONGEST_WAIT_MS + 40_000;
/** The longest answer but for the bytes of a file: the listing of a hundred thousand files takes a quarter of it. */
const MOST_TEXT_BYTES = 64 * 2 ** 20;
const NEVER = new AbortController().signal;

export interface RoomAt {
  readonly runId: string;
  readonly pod: string;
  readonly port: number;
  readonly token: string;
}

type Asked = Pick<PodRequest, 'method' | 'path'> & Partial<Pick<PodRequest, 'body' | 'headers' | 'signal'>>;

/** Speaks to the room of a coordinator. What goes wrong is thrown as a {@link PlaceTrouble}. */
export class RoomLine {
  readonly #cluster: Cluster;
  readonly #at: RoomAt;

  constructor(cluster: Cluster, at: RoomAt) {
    this.#cluster = cluster;
    this.#at = at;
  }

  async phase(): Promise<RoomState['phase']> {
    return (await this.#read(ROOM_STATE, { method: 'GET', path: 'state' })).phase;
  }

  /** Hands over what the room lacks of these files, piece by piece, and has the coordinator started. */
  async handOver(
    files: readonly BundleFile[],
    onSent: (file: BundleFile, bytes: number) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const held = await this.#read(HELD_FILES, { method: 'GET', path: 'bundle', signal });
    for (const file of files) {
      const there = held.find(({ name }) => name === file.name)?.bytes ?? null;
      await this.#send(file, there, onSent, signal);
    }
    const wanted: readonly HeldFile[] = files.map(({ name, bytes }) => ({ name, bytes }));
    const headers = { 'content-type': 'application/json' };
    const body = Buffer.from(JSON.stringify(wanted));
    await this.#read(ROOM_STATE, { method: 'POST', path: 'begin', headers, body, signal });
  }

  async words(from: number, signal: AbortSignal): Promise<RoomWords> {
    const path = `words?${new URLSearchParams({ from: `${from}`, waitMs: `${LONGEST_WAIT_MS}` })}`;
    return await this.#read(ROOM_WORDS, { method: 'GET', path, signal });
  }

  async tell(what: 'drain' | 'abort' | 'leave'): Promise<void> {
    await this.#read(ROOM_STATE, { method: 'POST', path: `tell?what=${what}` });
  }

  async results(signal: AbortSignal): Promise<readonly ResultFile[]> {
    return await this.#read(RESULT_FILES, { method: 'GET', path: 'results', signal });
  }

  async *result(path: string, from: number, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const query = new URLSearchParams({ path, from: `${from}` });
    const answer = await this.#ask({ method: 'GET', path: `result?${query}`, signal });
    try {
      for await (const piece of answer) yield piece as Uint8Array;
    } catch (error) {
      throw lost(`${path}: ${messageOf(error)}`, error);
    }
  }

  /** `there`: bytes of it that the room has; null: it does not know it. More of them than there are begin it anew. */
  async #send(
    file: BundleFile,
    there: number | null,
    onSent: (file: BundleFile, bytes: number) => void,
    signal: AbortSignal,
  ): Promise<void> {
    let sent = there === null || there > file.bytes ? 0 : there;
    if (there !== null && sent === file.bytes) return;
    do {
      onSent(file, sent);
      const body = await pieceOf(file, sent);
      const path = `bundle?${new URLSearchParams({ name: file.name, from: `${sent}` })}`;
      const headers = { 'content-type': 'application/octet-stream' };
      await this.#text({ method: 'POST', path, headers, body, signal });
      sent += body.length;
    } while (sent < file.bytes);
  }

  async #read<T>(schema: z.ZodType<T>, asked: Asked): Promise<T> {
    const said = await this.#text(asked);
    const read = schema.safeParse(parsed(said));
    if (read.success) return read.data;
    throw new PlaceTrouble('refused', `${this.#name} said what cannot be read: ${said.slice(0, 200)}`);
  }

  async #text(asked: Asked): Promise<string> {
    try {
      return await this.#textOf(await this.#ask(asked));
    } catch (error) {
      throw error instanceof PlaceTrouble ? error : lost(`${this.#name}: ${messageOf(error)}`, error);
    }
  }

  /** Whoever answers must not fill this machine's memory. */
  async #textOf(answer: IncomingMessage): Promise<string> {
    const pieces: Uint8Array[] = [];
    let bytes = 0;
    for await (const piece of answer as AsyncIterable<Uint8Array>) {
      bytes += piece.length;
      if (bytes > MOST_TEXT_BYTES) {
        throw new PlaceTrouble('refused', `${this.#name} says more than ${MOST_TEXT_BYTES / 2 ** 20} MiB at once`);
      }
      pieces.push(piece);
    }
    return Buffer.concat(pieces).toString('utf8');
  }

  /** Resolves to an answer of the room that says yes. */
  async #ask({ headers = {}, body = null, signal = NEVER, ...asked }: Asked): Promise<IncomingMessage> {
    const { pod, port, runId, token } = this.#at;
    const own = { ...headers, [TOKEN_HEADER]: token };
    const answer = await this.#cluster.askPod({ ...asked, pod, port, headers: own, body, idleMs: IDLE_MS, signal });
    if (answer.kind !== 'answered') throw lost(whyNot(answer, this.#name), null);
    const response = answer.value;
    const status = response.statusCode ?? 0;
    const isOfRoom = response.headers[ROOM_HEADER] === runId;
    if (isOfRoom && status < 300) return response;
    const said = await this.#textOf(response).catch(() => '');
    throw isOfRoom ? this.#troubleOfRoom(status, said) : this.#troubleOnTheWay(status, said);
  }

  #troubleOfRoom(status: number, said: string): PlaceTrouble {
    const read = ROOM_ERROR.safeParse(parsed(said));
    const sentence = `${this.#name}: ${read.success ? read.data.error : `HTTP ${status}`}`;
    // 409: another connection handed over meanwhile, or this one did before it broke.
    if (status === 409) return lost(sentence, null);
    return new PlaceTrouble(status === 404 ? 'gone' : 'refused', sentence);
  }

  /** The API server's own words, or those of whatever lies between. */
  #troubleOnTheWay(status: number, said: string): PlaceTrouble {
    const refusal = refusalIn(status, said);
    if (status === 404) return new PlaceTrouble('gone', `${this.#name}: ${refusal.message}`);
    if (!saysNothing(refusal)) return new PlaceTrouble('refused', whyNot(refusal, `reach ${this.#name}`));
    return lost(`${this.#name} cannot be reached through the API server: ${refusal.message}`, null);
  }

  get #name(): string {
    return `pod ${this.#at.pod}`;
  }
}

const lost = (message: string, cause: unknown): PlaceTrouble => new PlaceTrouble('lost', message, cause);

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

async function pieceOf({ content, bytes }: BundleFile, from: number): Promise<Uint8Array> {
  const length = Math.min(PIECE_BYTES, bytes - from);
  if (typeof content !== 'string') return content.subarray(from, from + length);
  const piece = Buffer.alloc(length);
  const file = await open(content);
  try {
    const { bytesRead } = await file.read(piece, 0, length, from);
    if (bytesRead === length) return piece;
    throw new PlaceTrouble('refused', `${content}: ended before its ${bytes} bytes: it has changed since the plan`);
  } finally {
    await file.close();
  }
}

function parsed(said: string): unknown {
  try {
    return JSON.parse(said);
  } catch {
    return null;
  }
}
