// One trial of ours in a runner pinned to the generator's core, with everything recorded.
import { fileURLToPath } from 'node:url';
import type { FromRunner } from '../../src/agent/runner/messages.ts';
import type { NetworkSpec } from '../../src/campaign/target-spec.ts';
import type { PhaseLoad } from '../../src/scenarios/phase.ts';
import { Tally } from '../../src/stats/tally.ts';
import { nodeMonotonic } from '../../src/time/monotonic.ts';
import type { Interval } from '../../src/wire/gen/loadcell/v1/fleet_pb.ts';
import { addSlotTo, decodeInterval } from '../../src/wire/interval-codec.ts';
import { benchSpec } from './forked-runner.ts';
import { cpuShare, GENERATOR_CORE, pinned, type Round } from './pinned.ts';

const entry = fileURLToPath(new URL('../../src/agent/runner/main.ts', import.meta.url));

export interface PinnedRun extends Round {
  readonly tally: Tally;
}

/** `armed` is told zero of the trial on the node's monotonic clock. */
export async function pinnedTrial(
  target: NetworkSpec,
  load: PhaseLoad,
  forS: number,
  armed: (zero: bigint) => void = () => {},
): Promise<PinnedRun> {
  const spec = benchSpec(load, forS, { target, limits: [] });
  const child = pinned(GENERATOR_CORE, process.execPath, [entry], 'ipc');
  const tally = new Tally(0);
  const intervals: Interval[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let share = Promise.resolve(Number.NaN);
  child.on('exit', (code, signal) => reject(new Error(`the runner ended: ${signal ?? code}`)));
  child.on('message', (message: FromRunner) => {
    if (message.kind === 'ready') {
      const zero = nodeMonotonic() + 50_000_000n;
      armed(zero);
      child.send({ kind: 'arm', zero });
      share = cpuShare(child, forS);
    } else if (message.kind === 'interval') {
      const interval = decodeInterval(message.payload);
      for (const slot of interval.slots) addSlotTo(tally, slot);
      intervals.push(interval);
    } else if (message.kind === 'done') resolve();
    else if (message.kind === 'fault') reject(new Error(message.message));
  });
  child.send({ kind: 'prepare', spec });
  await promise;
  const middle = intervals
    .slice(1, forS - 1)
    .map(({ phases }) => phases.reduce((sum, { achieved }) => sum + achieved, 0));
  const perSecond = middle.reduce((sum, n) => sum + n, 0) / middle.length;
  return { tally, perSecond, perCpuSecond: perSecond / (await share) };
}
