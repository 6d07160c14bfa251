import { fork } from 'node:child_process';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';
import type { FromRunner, ToRunner } from '../../src/agent/runner/messages.ts';
import type { TrialSpec } from '../../src/wire/trial-spec.ts';

/** A runner as an agent holds it; gone when the test is over. */
export function runner(file: string) {
  const child = fork(file, [], {
    serialization: 'advanced',
    execArgv: [],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const heard: FromRunner[] = [];
  child.on('message', (message) => heard.push(message as FromRunner));
  const ended = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  const tell = (message: ToRunner) => void child.send(message);
  const hear = async (kind: FromRunner['kind']): Promise<FromRunner> => {
    for (;;) {
      const known = heard.find((message) => message.kind === kind);
      if (known !== undefined) return known;
      await Promise.race([
        once(child, 'message'),
        ended.then(() => Promise.reject(new Error(`the runner ended before it said ${kind}`))),
      ]);
    }
  };
  return { child, heard, ended, tell, hear };
}

/** A runner that is ready to be armed. */
export async function prepared(file: string, spec: TrialSpec) {
  const held = runner(file);
  held.tell({ kind: 'prepare', spec });
  await held.hear('ready');
  return held;
}
