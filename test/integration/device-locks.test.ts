import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DeviceLocks } from '../../src/engines/device-locks.ts';
import { formatIdentity, identify } from '../../src/engines/process-identity.ts';
import { readText } from '../../src/wire/read-text.ts';

const TAKER = fileURLToPath(new URL('../support/lock-taker.ts', import.meta.url));
const DEAD = '999999999@1';

let folder: string;
const takers: ChildProcess[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'loadcell-locks-'));
});
afterEach(() => {
  for (const taker of takers.splice(0)) taker.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

const self = (): string => formatIdentity(identify(process.pid, readText));
const identityOf = ({ pid = 0 }: ChildProcess): string => formatIdentity(identify(pid, readText));

/** Another process, which takes devices as it is told. */
async function taker(): Promise<ChildProcess> {
  const child = fork(TAKER, [folder]);
  takers.push(child);
  await once(child, 'message');
  return child;
}

test('of several that ask for a device at one time one gets it, again and again, also after a holder that died', async () => {
  const all = await Promise.all([taker(), taker(), taker(), taker()]);
  for (let round = 0; round < 300; round++) {
    const device = `GPU-${round}`;
    if (round % 2 === 1) writeFileSync(join(folder, `${device}.gpu`), DEAD);
    const answers = all.map((child) => once(child, 'message'));
    for (const child of all) child.send(device);
    const taken = (await Promise.all(answers)).map(([answer]) => answer);
    expect(
      taken.filter((answer) => answer === 'taken'),
      `round ${round}: ${taken}`,
    ).toHaveLength(1);
  }
  expect(readdirSync(folder).filter((name) => !name.endsWith('.gpu'))).toEqual([]);
});

test('the device of a holder that has ended is given back once: not when another one holds it since', async () => {
  const locks = new DeviceLocks(folder, 'gpu');
  const other = await taker();
  expect(locks.lock('a', DEAD)).toBe(true);
  expect(locks.lock('a', self())).toBe(true);
  locks.handOn(['a'], identityOf(other));
  locks.free(['a']);
  expect(locks.isFree('a')).toBe(false);
  expect(locks.lock('a', self())).toBe(false);
  other.kill('SIGKILL');
  await once(other, 'exit');
  expect(locks.lock('a', self())).toBe(true);
  locks.free(['a']);
  expect(readdirSync(folder)).toEqual([]);
});
