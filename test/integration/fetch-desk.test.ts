import { appendFileSync, readdirSync, readFileSync, readlinkSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { expect, onTestFinished, test } from 'vitest';
import { FileProblem } from '../../src/agent/files/file-problem.ts';
import { FileSource } from '../../src/agent/files/file-source.ts';
import { FetchDesk, type Sent } from '../../src/coordinator/fetch-desk.ts';
import { sha256OfFile } from '../../src/models/digest.ts';
import { nodeMonotonic } from '../../src/time/monotonic.ts';
import { FleetService } from '../../src/wire/gen/loadcell/v1/fleet_pb.ts';
import { addBidiService } from '../../src/wire/service.ts';
import { temporaryFolder } from '../support/onnx-files.ts';

const MIB = 2 ** 20;
const forever = new AbortController().signal;

/** A coordinator that has one file of `bytes`, and an agent's line to it under lease `session`. */
/** `kept`: whether it lies by its content in a folder, and nothing at its path. */
async function line(bytes: number, session = 'lease', kept: 'at its path' | 'by content' = 'at its path') {
  const folder = temporaryFolder();
  const path = join(folder, 'model.onnx');
  writeFileSync(path, Buffer.alloc(bytes, 'loadcell '));
  const sha256 = await sha256OfFile(path);
  if (kept === 'by content') renameSync(path, join(folder, sha256));
  const sent: Sent[] = [];
  const desk = new FetchDesk({
    files: [{ path, sha256, bytes }],
    folder: kept === 'by content' ? folder : undefined,
    leaseOf: (name) => (name === 'lease' ? { index: 3, epoch: 7 } : null),
    monotonic: nodeMonotonic,
    onSent: (told) => sent.push(told),
  });
  const server = new Server();
  addBidiService(server, FleetService, {
    control: (call) => call.end(),
    report: (call) => call.end(),
    fetch: (call) => desk.accept(call),
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  const source = new FileSource({
    coordinator: `127.0.0.1:${port}`,
    lease: () => ({ session, epoch: 7n, security: null }),
  });
  onTestFinished(() => {
    source.close();
    server.forceShutdown();
  });
  return { path, sha256, source, sent };
}

async function received(pieces: AsyncIterable<Uint8Array>): Promise<readonly number[]> {
  const sizes: number[] = [];
  for await (const piece of pieces) sizes.push(piece.length);
  return sizes;
}

const total = (sizes: readonly number[]): number => sizes.reduce((sum, size) => sum + size, 0);

test('a file comes in pieces that fit into messages, from any byte on, and how far it is is told', async () => {
  const { source, sha256, sent } = await line(3 * MIB + 5);
  const sizes = await received(source.pieces(sha256, 0, forever));
  expect(total(sizes)).toBe(3 * MIB + 5);
  expect(Math.max(...sizes)).toBeLessThan(255 * 1024);
  expect(total(await received(source.pieces(sha256, 3 * MIB, forever)))).toBe(5);
  expect(sent.at(0)).toMatchObject({ index: 3, bytes: 0 });
  expect(sent.at(-1)).toMatchObject({ bytes: 3 * MIB + 5 });
});

test('files that were handed over by content are sent from there, under their own names', async () => {
  const { source, sha256, sent } = await line(1000, 'lease', 'by content');
  expect(total(await received(source.pieces(sha256, 0, forever)))).toBe(1000);
  expect(sent.at(-1)?.file.path).toMatch(/model\.onnx$/);
});

/** How far this process has read a file that it has open; null: it has not. */
function readSoFar(path: string): number | null {
  for (const fd of readdirSync('/proc/self/fd')) {
    try {
      if (readlinkSync(`/proc/self/fd/${fd}`) !== path) continue;
      return Number(/^pos:\s*(\d+)$/mu.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1]);
    } catch {
      // Closed meanwhile.
    }
  }
  return null;
}

test('no more goes out than is taken: a reader that waits holds the file back', async () => {
  const { source, sha256, sent, path } = await line(64 * MIB);
  const reading = source.pieces(sha256, 0, forever)[Symbol.asyncIterator]();
  await reading.next();
  let [before, looks] = [-1, 0];
  await expect
    .poll(
      () => {
        const now = readSoFar(path) ?? 64 * MIB;
        looks = now === before ? looks + 1 : 0;
        before = now;
        return looks;
      },
      { interval: 100, timeout: 10_000 },
    )
    .toBe(5);
  expect(before).toBeLessThan(32 * MIB);
  expect(sent.at(-1)?.bytes).toBeLessThan(32 * MIB);
  await reading.return?.(undefined);
});

test('a file that has changed since the plan, one that no plan names, and a lease that is over are refused', async () => {
  const { source, sha256, path } = await line(1000);
  await expect(received(source.pieces('0'.repeat(64), 0, forever))).rejects.toThrow(
    new FileProblem(`no file of the plan has the SHA-256 ${'0'.repeat(64)}`),
  );
  expect(total(await received(source.pieces(sha256, 0, forever)))).toBe(1000);
  appendFileSync(path, 'x');
  await expect(received(source.pieces(sha256, 0, forever))).rejects.toThrow(
    new FileProblem(
      `${path}: its content has changed since the plan was made (SHA-256 ${await sha256OfFile(path)}, expected ${sha256}); plan again`,
    ),
  );
  const other = await line(1000, 'an old lease');
  await expect(received(other.source.pieces(other.sha256, 0, forever))).rejects.toThrow(/the lease is over/);
});

test('a reader that leaves ends the stream, and the coordinator reads no further', async () => {
  const { source, sha256, sent } = await line(64 * MIB);
  const leave = new AbortController();
  const reading = received(source.pieces(sha256, 0, leave.signal));
  await expect.poll(() => sent.length).toBeGreaterThan(0);
  leave.abort();
  await expect(reading).rejects.toThrow(/cancelled/i);
});
