import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Handle } from '../../src/engines/engine.ts';
import { localEngine } from '../../src/engines/local.ts';
import { parseIdentity } from '../../src/engines/process-identity.ts';
import { milliseconds } from '../../src/time/ns.ts';
import { describeEngine, type EngineBench } from '../support/engine-conformance.ts';
import { FakeCoordinator } from '../support/fake-coordinator.ts';

const pidOf = (handle: Handle, index: number): number =>
  parseIdentity(handle.members.find((member) => member.index === index)?.id ?? '')?.pid ?? Number.NaN;

async function openBench(): Promise<EngineBench> {
  const folder = mkdtempSync(join(tmpdir(), 'loadcell-engine-'));
  const env = { ...process.env, XDG_CACHE_HOME: join(folder, 'cache') };
  return {
    engine: () => localEngine({ spawn, env, stateFolder: join(folder, 'places') }),
    address: (port) => `127.0.0.1:${port}`,
    killMember: (handle, index) => process.kill(pidOf(handle, index), 'SIGKILL'),
    stopMember: (handle, index) => process.kill(pidOf(handle, index), 'SIGSTOP'),
    close: async () => rmSync(folder, { recursive: true }),
  };
}

describeEngine('local', openBench);

test.skipIf(process.platform !== 'linux')('the run’s token stands in no argument and no environment', async () => {
  const bench = await openBench();
  const coordinator = new FakeCoordinator();
  await coordinator.listen();
  const engine = bench.engine();
  const token = 'a secret to look for';
  const group = { runId: 'quiet', indices: [0], coordinator: bench.address(coordinator.port), token } as const;
  const handle = await engine.submit(group, { runId: 'quiet', attempt: 1 });
  const { pid, token: given } = await coordinator.heard('register');
  expect(given).toBe(token);
  for (const file of ['cmdline', 'environ']) {
    expect(readFileSync(`/proc/${pid}/${file}`, 'utf8')).not.toContain('secret');
  }
  await engine.cancel(handle, milliseconds(0));
  coordinator.close();
  await bench.close();
});
