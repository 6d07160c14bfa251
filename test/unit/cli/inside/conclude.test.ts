import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { concludeInside } from '../../../../src/cli/inside/conclude.ts';
import { type InsidePlace, PlaceTrouble } from '../../../../src/engines/inside-place.ts';

const RUN = '20261122T051800Z-small-7f3a';

let resultsDir: string;
beforeEach(() => {
  resultsDir = mkdtempSync(join(tmpdir(), 'loadcell-conclude-'));
});
afterEach(() => rmSync(resultsDir, { recursive: true, force: true }));

/** The end of a run whose room went before this command had its results. */
const concluded = () => {
  const place: Pick<InsidePlace, 'results' | 'clear' | 'keeps'> = {
    keeps: 'for 1 h after its end',
    results: () => Promise.reject(new PlaceTrouble('gone', 'the pod is gone, and with it what it kept')),
    clear: () => Promise.resolve(),
  };
  const known = {
    place: place as InsidePlace,
    handle: { runId: RUN, id: null, room: 'the room' },
    resultsDir,
    fetchCommand: `loadcell fetch ${RUN}`,
    folderThere: null,
    interruptedBy: null,
    onLost: () => {},
    signal: new AbortController().signal,
  };
  return concludeInside(known, { kind: 'finished', exitCode: 0 });
};

test('of a room that is gone nothing came, unless another command has brought it before', async () => {
  const message = 'nothing of the run came by this command: the pod is gone, and with it what it kept';
  expect(await concluded()).toEqual({ kind: 'failed', exitCode: 70, message });
  mkdirSync(join(resultsDir, RUN));
  const both = `${message}; what came before lies in ${join(resultsDir, RUN)}`;
  expect(await concluded()).toEqual({ kind: 'failed', exitCode: 70, message: both });
});
