import { logVerbosity, setLogVerbosity } from '@grpc/grpc-js';
import type { Engine } from '../engines/engine.ts';
import { drawHex, nodeMonotonic, systemWallClock } from '../time/monotonic.ts';
import { EXIT_CODES } from '../verdict/exit-code.ts';
import { endGroup } from '../wire/lifeline.ts';
import { carryOut, type Undertaking } from './carry-out.ts';
import type { LockContext } from './folder-lock.ts';
import type { FromCoordinator, RunRequest, ToCoordinator } from './supervision.ts';

/**
 * Serves a supervisor over the process's IPC channel: one run, its progress, its outcome. Resolves with the exit code
 * of the process once the outcome has been handed over. When the channel closes before that, the supervisor is dead:
 * the group is killed at once.
 */
export async function serveSupervisor(self: NodeJS.Process, engineFor: EngineFor, writer: Writer): Promise<number> {
  if (self.send === undefined) {
    self.stderr.write('coordinator: found no IPC channel, expected to be started by `loadcell run`\n');
    return EXIT_CODES['before-start'].code;
  }
  setLogVerbosity(logVerbosity.NONE);
  self.on('disconnect', () => endGroup(self.env));
  self.on('SIGHUP', () => {});
  const outcome = await undertake(self, engineFor, writer);
  await tell(self, outcome);
  return outcome.exitCode;
}

/** Waits for the run, carries it out, and passes interrupts on, whenever they come. */
function undertake(self: NodeJS.Process, engineFor: EngineFor, writer: Writer): Promise<Outcome> {
  return new Promise((resolve) => {
    let undertaking: Undertaking | null = null;
    let interruptedBy: string | null = null;
    const interrupt = (signal: string): void => {
      interruptedBy ??= signal;
      undertaking?.interrupt(signal);
    };
    const begin = (run: RunRequest): void => {
      if (undertaking !== null) return;
      undertaking = carryOut(run, worldOf(self, engineFor, writer));
      if (interruptedBy !== null) undertaking.interrupt(interruptedBy);
      void undertaking.outcome.then(resolve);
    };
    self.on('message', (message: ToCoordinator) => {
      if (message.kind === 'run') begin(message.run);
      else interrupt(message.signal);
    });
    for (const signal of ['SIGINT', 'SIGTERM'] as const) self.on(signal, () => interrupt(signal));
    void tell(self, { kind: 'up' });
  });
}

/** The engine that a run asks for. */
export type EngineFor = (run: RunRequest) => Promise<Engine>;

/** Who writes the results folder, and whether another writer runs. */
type Writer = Pick<LockContext, 'self' | 'isRunning'>;

type Outcome = Extract<FromCoordinator, { kind: 'finished' | 'failed' }>;

const worldOf = (self: NodeJS.Process, engineFor: EngineFor, writer: Writer) => ({
  ...writer,
  engineFor,
  wall: systemWallClock,
  monotonic: nodeMonotonic,
  drawHex,
  show: (event: Extract<FromCoordinator, { kind: 'progress' }>['event']): void => {
    void tell(self, { kind: 'progress', event });
  },
});

/** Resolves when the message is with the supervisor, or the channel is gone. */
function tell(self: NodeJS.Process, message: FromCoordinator): Promise<void> {
  return new Promise((resolve) => {
    if (self.send === undefined || !self.connected) resolve();
    else self.send(message, undefined, undefined, () => resolve());
  });
}
