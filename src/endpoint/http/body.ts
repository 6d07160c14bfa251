import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { createGunzip, createInflate, deflate, gzip } from 'node:zlib';
import type { ArrivingBytes } from '../arriving-bytes.ts';
import { CROWDED, Refusal } from '../refusal.ts';

const unzip = { gzip: createGunzip, deflate: createInflate } as const;
const zip = { gzip: promisify(gzip), deflate: promisify(deflate) } as const;

type Coding = keyof typeof unzip;

const declaredOf = ({ headers }: IncomingMessage): number => Number(headers['content-length'] ?? 0);

/**
 * The whole body of a request. Nothing is set aside for a declared length: memory grows as bytes arrive, and what has
 * arrived counts against the budget until the body is whole.
 *
 * @throws Refusal `too-large` above `most` bytes, `full` when the budget is used up, `cancelled` when the client leaves.
 */
export function received(message: IncomingMessage, most: number, budget: ArrivingBytes): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  if (declaredOf(message) > most) {
    message.resume();
    return Promise.reject(tooLarge(declaredOf(message), most));
  }
  const chunks: Buffer[] = [];
  let size = 0;
  const over = (end: () => void): void => {
    message.removeAllListeners('data');
    budget.give(size);
    size = 0;
    end();
  };
  const refuse = (refusal: Refusal): void =>
    over(() => {
      message.resume();
      reject(refusal);
    });
  message.on('data', (chunk: Buffer) => {
    if (size + chunk.length > most) refuse(tooLarge(size + chunk.length, most));
    else if (!budget.take(chunk.length)) refuse(CROWDED);
    else {
      size += chunk.length;
      chunks.push(chunk);
    }
  });
  message.on('end', () => over(() => resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks))));
  message.on('close', () => {
    if (!message.complete) over(() => reject(new Refusal('cancelled', 'the client went away')));
  });
  message.on('error', () => over(() => reject(new Refusal('cancelled', 'the connection broke'))));
  return promise;
}

const tooLarge = (found: number, most: number): Refusal =>
  new Refusal('too-large', `body: found ${found} bytes, expected at most ${most}`);

/** @throws Refusal for a coding that is not known, contents that are not of it, and more than `most` bytes in them. */
export async function decoded(
  body: Buffer,
  coding: string | undefined,
  most: number,
  budget: ArrivingBytes,
): Promise<Buffer> {
  if (coding === undefined || coding === 'identity') return body;
  if (coding !== 'gzip' && coding !== 'deflate') {
    throw new Refusal(
      'invalid',
      `content-encoding: found ${JSON.stringify(coding)}, expected gzip, deflate or identity`,
    );
  }
  return unpacked(body, coding, most, budget);
}

/** What comes out counts against the budget as it comes: a few bytes may hold a thousand times as many. */
async function unpacked(body: Buffer, coding: Coding, most: number, budget: ArrivingBytes): Promise<Buffer> {
  const unpacking = unzip[coding]();
  unpacking.end(body);
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of unpacking as AsyncIterable<Buffer>) {
      if (size + chunk.length > most)
        throw new Refusal('too-large', `body: holds more than ${most} bytes of ${coding}`);
      if (!budget.take(chunk.length)) throw CROWDED;
      size += chunk.length;
      chunks.push(chunk);
    }
    return Buffer.concat(chunks, size);
  } catch (error) {
    throw error instanceof Refusal ? error : new Refusal('invalid', `body: found bytes that are no ${coding}`);
  } finally {
    budget.give(size);
  }
}

/** Below this a packed answer saves nothing. */
const WORTH_PACKING = 1024;

/** The coding that an answer of so many bytes is packed in; null: none. */
export function codingFor(accepted: string | undefined, bytes: number): Coding | null {
  if (accepted === undefined || bytes < WORTH_PACKING) return null;
  const wanted = accepted.split(',').map((each) => each.trim().toLowerCase());
  return (['gzip', 'deflate'] as const).find((coding) => wanted.some((each) => isWanted(each, coding))) ?? null;
}

const isWanted = (each: string, coding: Coding): boolean =>
  each === coding || (each.startsWith(`${coding};`) && !/;\s*q=0(\.0*)?$/.test(each));

export const encoded = (body: Buffer, coding: Coding): Promise<Buffer> => zip[coding](body);
