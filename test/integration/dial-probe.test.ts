import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ANY_INSTANCE } from '../../src/campaign/instance.ts';
import { type Dialled, dialProbe } from '../../src/coordinator/dial-probe.ts';
import { entranceAt } from '../../src/coordinator/entrance.ts';
import type { GroupStatus } from '../../src/engines/engine.ts';
import { drawHex, nodeMonotonic } from '../../src/time/monotonic.ts';
import { seconds } from '../../src/time/ns.ts';
import { HandEngine } from '../support/hand-engine.ts';
import { freshFolder, loadcell } from '../support/loadcell.ts';

const campaign = `
name: dialled
targets: { nothing: { null: {} } }
scenarios: { load: { load: { rate: 10/s, for: 9s } } }
`;

function probe(...args: readonly string[]) {
  const folder = freshFolder();
  writeFileSync(join(folder, 'campaign.yaml'), campaign);
  return loadcell(['engines', 'probe', 'campaign.yaml', ...args], folder).ended;
}

test('an agent is placed, dials in and is sent away, over loopback and where others could listen', async () => {
  const near = await probe();
  expect(near.stdout).toMatch(/^dial: an agent on \S+ reached the coordinator at 127\.0\.0\.1:\d+$/m);
  expect(near.code, near.stderr).toBe(0);
  const encrypted = await probe('--listen', '0.0.0.0:0', '--advertise', '127.0.0.1', '--json');
  expect(JSON.parse(encrypted.stdout)).toMatchObject({ engine: 'local', dial: { kind: 'came' } });
  expect(encrypted.code, encrypted.stderr).toBe(0);
});

test('an address that no agent reaches is named, with what the agent says of it: exit 64', async () => {
  const { stdout, stderr, code } = await probe('--listen', '0.0.0.0:0', '--advertise', '127.0.0.1:9');
  expect(stdout, stderr).toMatch(
    /^dial: an agent could not reach the coordinator at 127\.0\.0\.1:9: it ended with exit code 13: .*did not answer in time: /m,
  );
  expect(code).toBe(64);
});

test('nobody dials where that is not wanted, or where there is nothing to dial', async () => {
  expect((await probe('--no-dial')).stdout).not.toContain('dial');
  const { stdout, code } = await probe('--listen', '0.0.0.0:0');
  expect(stdout).toMatch(/^dial: not tried: --listen, .*name the address by which they reach this machine/m);
  expect(code).toBe(64);
});

/** What is said of an agent whose engine tells only that. */
async function told(status: GroupStatus | null, signal = new AbortController().signal): Promise<Dialled> {
  const engine = new HandEngine();
  engine.watch = (_handle, onStatus) => {
    if (status !== null) onStatus(status);
    return () => {};
  };
  const entrance = await entranceAt(
    { listen: { host: '127.0.0.1', port: 0 }, advertise: null },
    { runId: 'r', nowMs: 0, drawHex },
  );
  const found = await dialProbe({
    engine,
    group: { runId: 'r', indices: [0], instance: ANY_INSTANCE, stayNs: null },
    entrance,
    version: '0',
    monotonic: nodeMonotonic,
    waiting: () => {},
    signal,
    patience: { queueNs: seconds(0.2), comeNs: seconds(0.3) },
  });
  expect(engine.cancelled, 'its place is given back').toEqual([1]);
  return found;
}

test('who waits for a place, or does not come from it, is said so with the engine’s reason', async () => {
  expect(await told({ kind: 'queued', reason: 'job 7 is queued (Priority)' })).toMatchObject({
    kind: 'unplaced',
    why: 'no place was given within 0.2 s: job 7 is queued (Priority)',
  });
  expect(await told({ kind: 'running', members: [] })).toMatchObject({
    kind: 'silent',
    address: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
    why: 'it did not come within 0.3 s',
  });
});

test('a probe that is called off gives its place back', async () => {
  const calling = new AbortController();
  const found = told(null, calling.signal);
  calling.abort();
  expect(await found).toMatchObject({ kind: 'unplaced', why: 'it was called off' });
});
