import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromBinary } from '@bufbuild/protobuf';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Spool } from '../../../src/agent/spool.ts';
import { readFrames } from '../../../src/wire/framing.ts';
import { ReportRequestSchema } from '../../../src/wire/gen/loadcell/v1/fleet_pb.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'loadcell-spool-test-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const entry = (seq: number) => ({ seq, cargo: 'interval' as const, payload: new Uint8Array([seq, seq]) });

test('what is not acknowledged is on disk, and stays there when the agent ends', () => {
  const path = join(folder, 'own', '0.spool');
  const spool = new Spool(path);
  spool.append('lease', 3n, entry(1));
  spool.append('lease', 3n, entry(2));
  spool.close();
  const { records, fault } = readFrames(readFileSync(path));
  expect(fault).toBeNull();
  const requests = records.map((record) => fromBinary(ReportRequestSchema, record));
  expect(requests).toMatchObject([
    { session: 'lease', epoch: 3n, seq: 1n },
    { session: 'lease', epoch: 3n, seq: 2n },
  ]);
  expect(requests.map(({ interval }) => [...interval])).toEqual([
    [1, 1],
    [2, 2],
  ]);
  expect(statSync(path).mode & 0o077).toBe(0);
});

test('a spool that is acknowledged leaves nothing behind', () => {
  const path = join(folder, '0.spool');
  const spool = new Spool(path);
  spool.append('lease', 1n, entry(1));
  spool.clear();
  expect(statSync(path).size).toBe(0);
  spool.close();
  expect(existsSync(path)).toBe(false);
});

test('a disk that takes nothing ends no agent; the spool names no file until it can be written again', () => {
  const inTheWay = join(folder, 'own');
  writeFileSync(inTheWay, 'a file where the folder should be');
  const path = join(inTheWay, '0.spool');
  const spool = new Spool(path);
  spool.append('lease', 1n, entry(1));
  expect(spool.path).toBeNull();
  rmSync(inTheWay);
  spool.append('lease', 1n, entry(2));
  expect(existsSync(path)).toBe(false);
  spool.clear();
  spool.append('lease', 1n, entry(3));
  expect(spool.path).toBe(path);
  expect(readFrames(readFileSync(path)).records).toHaveLength(1);
});
