// A coordinator for the supervisor's tests: starts an agent that does nothing, and behaves as the run's id says.
import { spawn } from 'node:child_process';
import type { FromCoordinator, ToCoordinator } from '../../src/coordinator/supervision.ts';
import { LIFELINE_FD, lifelineStdio, watchLifeline } from '../../src/wire/lifeline.ts';

watchLifeline(process.env);
const stdio: ('ignore' | number)[] = ['ignore', 'ignore', 'ignore'];
stdio[LIFELINE_FD] = lifelineStdio(process.env);
const idle = new URL('./supervised-agent.ts', import.meta.url).pathname;
const agent = spawn(process.execPath, [idle], { stdio });

let manner = '';
const say = (message: FromCoordinator): void => {
  process.send?.(message);
};

function finish(exitCode: number): void {
  say({ kind: 'finished', folder: '/results/r', exitCode, verdict: { kind: 'pass' }, summary: {} } as never);
  if (manner === 'linger') return;
  agent.kill('SIGKILL');
  agent.once('exit', () => process.disconnect?.());
}

const MANNERS: Readonly<Record<string, () => void>> = {
  finish: () => finish(10),
  linger: () => finish(0),
  fail: () => {
    say({ kind: 'failed', code: 'never-registered', exitCode: 13, message: 'nobody came' });
    process.exit(13);
  },
  die: () => process.kill(process.pid, 'SIGKILL'),
  crash: () => {
    throw new Error('a defect');
  },
  drain: () => {},
  deaf: () => {},
};

process.on('message', (message: ToCoordinator) => {
  if (message.kind === 'run') {
    manner = message.run.runId;
    say({ kind: 'progress', event: { kind: 'waiting', registered: 0, of: process.pid } });
    MANNERS[manner]?.();
  }
  if (message.kind === 'interrupt' && manner === 'drain') finish(130);
});
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
