import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ANY_INSTANCE } from '../../../../src/campaign/instance.ts';
import { SlurmPlace } from '../../../../src/engines/slurm/inside.ts';
import { seconds } from '../../../../src/time/ns.ts';

const RUN = '20261122T051800Z-small-7f3a';
const order = { runId: RUN, instance: ANY_INSTANCE, stayNs: seconds(1200) };

let shared: string;
let submitted: number;
beforeEach(() => {
  shared = mkdtempSync(join(tmpdir(), 'loadcell-shared-'));
  submitted = 0;
});
afterEach(() => rmSync(shared, { recursive: true, force: true }));

/** A Slurm on which nothing runs any more, and that takes every job. */
const place = (): SlurmPlace =>
  new SlurmPlace({
    call: async (tool) => {
      if (tool === 'sbatch') submitted++;
      return { kind: 'answered', stdout: tool === 'sbatch' ? '8\n' : '', stderr: '' };
    },
    user: 'vision',
    shared,
    stageAgent: async () => ({ kind: 'folder', path: '/opt/loadcell' }),
    entry: 'agent.js',
    path: '/usr/bin',
    pollMs: 1,
  });

const content = Buffer.from('{}');
const files = [{ name: 'plan.json', bytes: 2, sha256: createHash('sha256').update(content).digest('hex'), content }];
const start = () => place().start(order, { files }, () => {}, new AbortController().signal);

function layRoom(files: Readonly<Record<string, string>>): string {
  const room = join(shared, 'inside', RUN);
  mkdirSync(join(room, 'results', RUN), { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(room, name), text);
  return room;
}

test('a run that is taken up again keeps what its last coordinator recorded and nobody has fetched', async () => {
  const recorded = `results/${RUN}/000001.log`;
  const room = layRoom({ job: '7\n', words: '{"kind":"begun"}\n', [recorded]: 'what was acknowledged' });
  expect(await start()).toEqual({ runId: RUN, id: '7', room });
  expect(readFileSync(join(room, recorded), 'utf8')).toBe('what was acknowledged');
  expect(submitted).toBe(0);
});

test('a room in which no coordinator has been is made anew', async () => {
  const room = layRoom({ left: 'of a command that was killed while it handed over' });
  expect(await start()).toMatchObject({ id: '8' });
  expect(existsSync(join(room, 'left'))).toBe(false);
  expect(submitted).toBe(1);
});

test('a room that another command has cleared is known for that, whatever is asked of it', async () => {
  const room = layRoom({ job: '7\n', words: '{"kind":"begun"}\n', [`results/${RUN}/000001.log`]: 'acknowledged' });
  const { signal } = new AbortController();
  const [handle] = await place().find(RUN);
  if (handle === undefined) throw new Error('no room was found');
  await place().clear(handle);
  expect(existsSync(room)).toBe(false);
  expect(readdirSync(join(shared, 'inside'))).toEqual([]);
  await expect(place().results(handle, signal)).rejects.toMatchObject({ kind: 'cleared' });
  await expect(place().read(handle, '000001.log', 0, signal)[Symbol.asyncIterator]().next()).rejects.toMatchObject({
    kind: 'cleared',
  });
});

test('a room whose removal was broken off is none', async () => {
  layRoom({ job: '7\n' });
  renameSync(join(shared, 'inside', RUN), join(shared, 'inside', `.${RUN}`));
  expect(await place().find(null)).toEqual([]);
});
