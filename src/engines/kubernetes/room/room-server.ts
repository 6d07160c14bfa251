import { createHash, timingSafeEqual } from 'node:crypto';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import fastify, { type FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Credential } from '../../../wire/x509.ts';
import { ROOM } from '../../inside-place.ts';
import { FileTrouble, type RoomFiles } from './room-files.ts';
import type { RoomLife } from './room-life.ts';
import { HELD_FILES, LONGEST_WAIT_MS, ROOM_HEADER, TOKEN_HEADER } from './room-talk.ts';
import { WordsTail } from './words-tail.ts';

export interface RoomServerOptions {
  readonly folder: string;
  readonly runId: string;
  /** SHA-256 of what whoever asks must know, lowercase hexadecimal. */
  readonly tokenDigest: string;
  readonly credential: Credential;
  readonly files: RoomFiles;
  readonly life: RoomLife;
}

/** The head of a request comes at once; what follows takes as long as it takes, and none is kept waiting for ever. */
const HEAD_MS = 20_000;

const OFFSET = z.coerce.number().int().min(0);
const PIECE = z.object({ name: z.string(), from: OFFSET });
const WORDS = z.object({ from: OFFSET, waitMs: z.coerce.number().min(0).max(LONGEST_WAIT_MS) });
const TELL = z.object({ what: z.enum(['drain', 'abort', 'leave']) });
const RESULT = z.object({ path: z.string(), from: OFFSET });

/** Serves a room as {@link file://./room-talk.ts} says, to whoever knows its token. It listens nowhere yet. */
export function roomServer(options: RoomServerOptions): FastifyInstance {
  const { credential, runId, tokenDigest } = options;
  const app = fastify({
    logger: false,
    https: { key: credential.key, cert: credential.certificate, headersTimeout: HEAD_MS },
  }) as unknown as FastifyInstance;
  app.addContentTypeParser('application/octet-stream', (_request, payload, done) => done(null, payload));
  app.addHook('onRequest', async (request, reply) => {
    reply.header(ROOM_HEADER, runId);
    if (isDigestOf(tokenDigest, request.headers[TOKEN_HEADER])) return;
    await reply.code(401).send({ error: `this is not the token of run ${runId}` });
  });
  app.setErrorHandler((error, _request, reply) => {
    const { status, body } = answerTo(error);
    void reply.code(status).send(body);
  });
  addBundle(app, options);
  addCourse(app, options);
  addResults(app, options);
  return app;
}

function isDigestOf(digest: string, token: unknown): boolean {
  if (typeof token !== 'string') return false;
  return timingSafeEqual(createHash('sha256').update(token).digest(), Buffer.from(digest, 'hex'));
}

function answerTo(error: unknown): { readonly status: number; readonly body: object } {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof FileTrouble) {
    return { status: error.status, body: error.held === null ? { error: message } : { error: message, ...error.held } };
  }
  if (error instanceof z.ZodError) return { status: 400, body: { error: z.prettifyError(error) } };
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOSPC' || code === 'EDQUOT') return { status: 507, body: { error: 'the room’s disk is full' } };
  const { statusCode } = error as { readonly statusCode?: number };
  return { status: statusCode ?? 500, body: { error: message } };
}

function addBundle(app: FastifyInstance, { files, life }: RoomServerOptions): void {
  app.get('/bundle', () => files.held());
  app.post('/bundle', async ({ query, body }) => {
    const { name, from } = PIECE.parse(query);
    life.touch();
    const held = await files.take(name, from, body as Readable);
    life.touch();
    return held;
  });
  app.post('/begin', async ({ body }) => {
    const missing = life.phase === 'waiting' ? await files.missing(HELD_FILES.parse(body)) : [];
    if (missing.length > 0) throw new FileTrouble(409, `these files have not come whole: ${missing.join(', ')}`);
    life.begin();
    return { phase: life.phase };
  });
}

function addCourse(app: FastifyInstance, { folder, life }: RoomServerOptions): void {
  const tail = new WordsTail(join(folder, ROOM.words));
  app.get('/state', async () => ({ phase: life.phase }));
  app.get('/words', async ({ query, signal }) => {
    const { from, waitMs } = WORDS.parse(query);
    return await tail.from(from, waitMs, () => life.phase === 'ended', signal);
  });
  app.post('/tell', async ({ query }) => {
    const { what } = TELL.parse(query);
    if (what === 'drain') life.drain();
    else if (what === 'abort') await life.abort();
    else await life.leave();
    return { phase: life.phase };
  });
}

function addResults(app: FastifyInstance, { files }: RoomServerOptions): void {
  app.get('/results', () => files.results());
  app.get('/result', async ({ query }, reply) => {
    const { path, from } = RESULT.parse(query);
    const { bytes, body } = await files.result(path, from);
    return await reply.header('content-type', 'application/octet-stream').header('content-length', bytes).send(body);
  });
}
