import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Conclusion, concludeInside, type InsideEnd, manifestHere } from '../../../../src/cli/inside/conclude.ts';
import { type InsidePlace, PlaceTrouble } from '../../../../src/engines/inside-place.ts';
import { keptResult } from '../../../support/kept-result.ts';

const RUN = '20261122T051800Z-small-7f3a';

let resultsDir: string;
beforeEach(() => {
  resultsDir = mkdtempSync(join(tmpdir(), 'loadcell-conclude-'));
});
afterEach(() => rmSync(resultsDir, { recursive: true, force: true }));

type Asked = Pick<InsidePlace, 'results' | 'clear'>;

const gone: Asked = {
  results: () => Promise.reject(new PlaceTrouble('gone', 'the pod is gone, and with it what it kept')),
  clear: () => Promise.resolve(),
};

const NEVER_CAME: InsideEnd = { kind: 'failed', exitCode: 13, message: 'agent 0 never registered' };

/** The end of a run whose coordinator has said its last word, unless it went without one. */
const concluded = (asked: Asked = gone, change: Partial<Conclusion> = {}, end: InsideEnd = NEVER_CAME) => {
  const known: Conclusion = {
    place: { name: 'slurm', keeps: 'for 1 h after its end', ...asked } as InsidePlace,
    handle: { runId: RUN, id: null, room: 'the room' },
    resultsDir,
    fetchCommand: `loadcell fetch ${RUN}`,
    manifestBefore: null,
    folderThere: null,
    interruptedBy: () => null,
    onLost: () => {},
    signal: new AbortController().signal,
    ...change,
  };
  return concludeInside(known, end);
};

test('of a room that is gone nothing came, unless another command has brought it before', async () => {
  const message = 'nothing of the run came by this command: the pod is gone, and with it what it kept';
  expect(await concluded()).toEqual({ kind: 'failed', exitCode: 70, message });
  mkdirSync(join(resultsDir, RUN));
  const both = `${message}; what came before lies in ${join(resultsDir, RUN)}`;
  expect(await concluded()).toEqual({ kind: 'failed', exitCode: 70, message: both });
});

test('ended while its results come, a command names the signal and where they lie, and nothing is removed there', async () => {
  const interrupt = new AbortController();
  let by: string | null = null;
  const results = (): Promise<never> => {
    by = 'SIGTERM';
    interrupt.abort();
    return Promise.reject(new PlaceTrouble('lost', 'the line is down'));
  };
  const clear = (): Promise<never> => Promise.reject(new Error('it was cleared'));
  expect(await concluded({ results, clear }, { interruptedBy: () => by, signal: interrupt.signal })).toEqual({
    kind: 'failed',
    exitCode: 130,
    message: `ended at once by SIGTERM; what was recorded lies in the room; results stay there for 1 h after its end: loadcell fetch ${RUN}`,
  });
});

test('a place that cannot be given back is told beside the result, which is here', async () => {
  const told: string[] = [];
  const results = () => Promise.resolve([]);
  const clear = (): Promise<never> => Promise.reject(new PlaceTrouble('refused', 'Job r could not be cleared'));
  const onLost = (sentence: string): number => told.push(sentence);
  expect(await concluded({ results, clear }, { onLost })).toMatchObject({
    exitCode: 13,
    message: 'agent 0 never registered',
  });
  expect(told).toEqual(['slurm: the results are here, and their place was not given back: Job r could not be cleared']);
});

const cleared: Asked = {
  results: () => Promise.reject(new PlaceTrouble('cleared', '/shared/r: is not there any more')),
  clear: () => Promise.resolve(),
};

/** What another command has brought to this place meanwhile. */
function layResult(): void {
  mkdirSync(join(resultsDir, RUN));
  for (const [name, bytes] of Object.entries(keptResult(RUN))) writeFileSync(join(resultsDir, RUN, name), bytes);
}

test.each<readonly [string, InsideEnd]>([
  ['has heard the last word', { kind: 'finished', exitCode: 10 }],
  ['did not come to hear it', { kind: 'silent' }],
])('what another command has brought here is the result of one too that %s', async (_, end) => {
  const place = { ...cleared, status: () => Promise.resolve({ kind: 'ended', reason: '' }) };
  layResult();
  expect(await concluded(place as Asked, {}, end)).toMatchObject({
    kind: 'finished',
    exitCode: 10,
    result: { folder: join(resultsDir, RUN) },
  });
});

test('what another command has brought elsewhere, or discarded, is said to be gone, and is no fault: exit 12', async () => {
  layResult();
  const manifestBefore = await manifestHere(resultsDir, RUN);
  expect(await concluded(cleared, { manifestBefore })).toEqual({
    kind: 'failed',
    exitCode: 12,
    message: `nothing of the run came by this command: /shared/r: is not there any more: another command has brought its results, or discarded them; what came before lies in ${join(resultsDir, RUN)}`,
  });
});
