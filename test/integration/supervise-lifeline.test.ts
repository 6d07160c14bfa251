import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { LIFELINE_FD_VARIABLE, lifelineFd } from '../../src/wire/lifeline.ts';
import { eventually } from '../support/eventually.ts';
import { commandLine, freshFolder } from '../support/loadcell.ts';
import { isAlive } from '../support/process-alive.ts';
import { descendants } from '../support/process-tree.ts';

const familyFile = fileURLToPath(new URL('../support/lifeline-family.ts', import.meta.url));

interface Family {
  readonly pids: ReadonlyMap<string, number>;
  /** Resolves once no member of the family is left. */
  readonly gone: Promise<unknown>;
}

async function startFamily(): Promise<Family> {
  const supervisor = spawn(process.execPath, [familyFile, 'supervisor'], { stdio: ['ignore', 'ignore', 'pipe'] });
  const gone = once(supervisor.stderr, 'close');
  const pids = new Map<string, number>();
  for await (const line of createInterface({ input: supervisor.stderr })) {
    const [role = '', pid = ''] = line.split(' ');
    pids.set(role, Number(pid));
    if (pids.size === 3) break;
  }
  supervisor.stderr.resume();
  return { pids, gone };
}

const kill = (family: Family, role: string, signal: NodeJS.Signals): void => {
  process.kill(family.pids.get(role) ?? Number.NaN, signal);
};

const stopped: readonly { readonly who: 'nobody' | 'child' | 'grandchild' }[] = [
  { who: 'nobody' },
  { who: 'child' },
  { who: 'grandchild' },
];

test.for(stopped)('everything ends within two seconds of the supervisor, $who being stopped', async ({ who }) => {
  const family = await startFamily();
  if (who !== 'nobody') kill(family, who, 'SIGSTOP');
  const before = performance.now();
  kill(family, 'supervisor', 'SIGKILL');
  await family.gone;
  expect(performance.now() - before).toBeLessThan(2000);
});

test('a process that nobody supervises has no lifeline', () => {
  expect(lifelineFd({})).toBeNull();
});

test('a lifeline that is no descriptor is refused in a sentence', () => {
  expect(() => lifelineFd({ [LIFELINE_FD_VARIABLE]: 'x' })).toThrow(
    'LOADCELL_LIFELINE_FD: found "x", expected the number of an open descriptor, 3 or above',
  );
});

test('a command that an older Node handed over ends with it, and all that it started', async () => {
  const folder = freshFolder();
  writeFileSync(
    join(folder, 'campaign.yaml'),
    'name: n\ntargets: { t: { null: {} } }\nscenarios: { s: { load: { rate: 10/s, for: 60s } } }\n',
  );
  const [command = '', ...args] = commandLine(['run', 'campaign.yaml', '--quiet']);
  const child = spawn(command, args, {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    env: { ...process.env, LOADCELL_HANDED_OVER_FD: '3' },
  });
  const family = () => descendants(child.pid ?? -1);
  await eventually('an agent of the run', () => family().some(({ command: of }) => of.includes('agent/main')));
  const pids = family().map(({ pid }) => pid);
  child.stdio[3]?.destroy();
  expect((await once(child, 'exit'))[1]).toBe('SIGKILL');
  await eventually('the end of all that it started', () => !pids.some(isAlive));
});
