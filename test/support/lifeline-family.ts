// Three generations for the lifeline's test: `supervisor` starts `child` as the leader of a group of its own, `child`
// starts `grandchild`. Each holds the test's pipe on its standard error and, once its lifeline is watched, prints its
// name and process id there; the pipe ends when the last of them has ended.
import { spawn } from 'node:child_process';
import { LIFELINE_FD, lifelineEnvironment, lifelineStdio, watchLifeline } from '../../src/wire/lifeline.ts';

const role = process.argv[2];
const self = process.argv[1] ?? '';
watchLifeline(process.env);
process.stderr.write(`${role} ${process.pid}\n`);
setInterval(() => {}, 60_000);
if (role === 'supervisor') {
  spawn(process.execPath, [self, 'child'], {
    detached: true,
    stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
    env: { ...process.env, ...lifelineEnvironment() },
  });
}
if (role === 'child') {
  const stdio = ['ignore', 'ignore', 'inherit', 'ignore'] as (number | 'ignore' | 'inherit')[];
  stdio[LIFELINE_FD] = lifelineStdio(process.env);
  spawn(process.execPath, [self, 'grandchild'], { stdio });
}
