import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import type { Cluster } from '../../../../src/engines/kubernetes/cluster.ts';
import { ROOM_HEADER } from '../../../../src/engines/kubernetes/room/room-talk.ts';
import { RoomLine } from '../../../../src/engines/kubernetes/room-line.ts';

const PIECE = Buffer.alloc(2 ** 20, 'x');

/** A pod that answers with so many MiB, and counts those that were taken of it. */
function answering(mebibytes: number) {
  const taken = { mebibytes: 0 };
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (; taken.mebibytes < mebibytes; taken.mebibytes++) yield PIECE;
  }
  const value = Object.assign(Readable.from(pieces()), { statusCode: 200, headers: { [ROOM_HEADER]: 'r' } });
  const cluster = { askPod: async () => ({ kind: 'answered', value }) } as unknown as Cluster;
  return { taken, line: new RoomLine(cluster, { runId: 'r', pod: 'p', port: 7071, token: 't' }) };
}

test('an answer that does not end is left before it fills the memory', async () => {
  const { taken, line } = answering(10_000);
  await expect(line.results(new AbortController().signal)).rejects.toMatchObject({
    kind: 'refused',
    message: 'pod p says more than 64 MiB at once',
  });
  expect(taken.mebibytes).toBeLessThan(100);
});
