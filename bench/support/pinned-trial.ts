// One trial of ours in a runner pinned to the generator's core, with everything recorded.
import { fileURLToPath } from 'node:url';
import type { FromRunner } from '../../src/agent/runner/messages.ts';
import type { NetworkSpec } from '../../src/campaign/target-spec.ts';
import type { PhaseLoad } from '../../src/scenarios/phase.ts';
import { Tally } from '../../src/stats/tally.ts';
import { nodeMonotonic } from '../../src/time/monotonic.ts';
import { ns, seconds } from '../../src/time/ns.ts';
import type { Interval } from '../../src/wire/gen/loadcell/v1/fleet_pb.ts';
import { addSlotTo, decodeInterval } from '../../src/wire/interval-codec.ts';
import type { TrialSpec } from '../../src/wire/trial-spec.ts';
import { benchSpec } from './forked-runner.ts';
import { cpuShare, GENERATOR_CORE, pinned, type Round } from './pinned.ts';

const entry = fileURLToPath(new URL('../../src/agent/runner/main.ts', import.meta.url));

export interface PinnedRun extends Round {
  readonly tally: Tally;
}

export interface PinnedOptions {
  /** Is told zero of the measure phase on the node's monotonic clock. */
  readonly armed?: (zero: bigint) => void;
  /** Before it so many requests are kept in flight for a second and a half, on both sides of which code is warm then. */
  readonly warmInFlight?: number;
}

const WARM_S = 2;

/** What is told of the trial is that of its measure phase. */
export async function pinnedTrial(
  target: NetworkSpec,
  load: PhaseLoad,
  forS: number,
  { armed = () => {}, warmInFlight = 0 }: PinnedOptions = {},
): Promise<PinnedRun> {
  const spec = warmed(benchSpec(load, forS, { target, limits: [] }), warmInFlight);
  const measured = spec.phases.length - 1;
  const aheadS = 0.05 - (spec.phases[0]?.startNs ?? 0) / 1e9;
  const child = pinned(GENERATOR_CORE, process.execPath, [entry], 'ipc');
  const tally = new Tally(0);
  const intervals: Interval[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let share = Promise.resolve(Number.NaN);
  child.on('exit', (code, signal) => reject(new Error(`the runner ended: ${signal ?? code}`)));
  child.on('message', (message: FromRunner) => {
    if (message.kind === 'ready') {
      const zero = nodeMonotonic() + BigInt(Math.round(aheadS * 1e9));
      armed(zero);
      child.send({ kind: 'arm', zero });
      share = cpuShare(child, forS);
    } else if (message.kind === 'interval') {
      const interval = decodeInterval(message.payload);
      for (const slot of interval.slots) if (slot.phase === measured) addSlotTo(tally, slot);
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

function warmed(spec: TrialSpec, inFlight: number): TrialSpec {
  if (inFlight === 0) return spec;
  const load: PhaseLoad = { kind: 'closed', inFlight, thinkNs: ns(0) };
  const warmUp = {
    name: 'warm-up',
    purpose: 'warmup',
    startNs: seconds(-WARM_S),
    durationNs: seconds(1.5),
    load,
    slots: 1,
  } as const;
  return { ...spec, phases: [warmUp, ...spec.phases] };
}
