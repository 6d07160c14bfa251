import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { ANY_INSTANCE } from '../../../../src/campaign/instance.ts';
import { type InsideRun, leadInside } from '../../../../src/cli/inside/lead.ts';
import { CALIBRATION_MAX_AGE_S } from '../../../../src/coordinator/supervision.ts';
import type { InsidePlace } from '../../../../src/engines/inside-place.ts';
import { nodeMonotonic } from '../../../../src/time/monotonic.ts';
import { seconds } from '../../../../src/time/ns.ts';
import { smallCampaign, smallCell, smallPlan } from '../../../support/small-plan.ts';

const inside = { instance: ANY_INSTANCE, stayNs: seconds(1200) };

/** A place that the command waits for itself, and that nobody gives. */
const full: Pick<InsidePlace, 'probe' | 'start'> = {
  probe: () => Promise.resolve({ kind: 'feasible', found: [] }),
  start: (_order, _bundle, waiting, signal) => {
    waiting('0/2 nodes are available');
    return new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      if (signal.aborted) reject(signal.reason);
    });
  },
};

const lead = (deadlineMs: number, signals = new EventEmitter()) => {
  const coordinator = { listen: null, advertise: null, inside };
  const fleet = { engine: 'local' as const, queueNs: seconds(600), stayNs: null, instances: {}, coordinator };
  const run: InsideRun = {
    request: {
      mode: 'new',
      runId: 'r',
      plan: smallPlan([smallCell()], { fleet }),
      campaignText: Buffer.from(smallCampaign),
      resultsDir: '/nowhere',
      source: { commit: null, dirty: null, ci: null },
      listen: { host: '127.0.0.1', port: 0 },
      calibrationMaxAgeS: CALIBRATION_MAX_AGE_S,
      deadline: { at: nodeMonotonic() + BigInt(deadlineMs) * 1_000_000n, text: `${deadlineMs}ms` },
    },
    place: full as InsidePlace,
    order: { runId: 'r', ...inside },
    progress: { show: (event) => void signals.emit(event.kind), close: () => {} },
    signals: signals as unknown as NodeJS.Process,
  };
  return leadInside(run);
};

test('a place is waited for no longer than the whole command may take, also where the command waits itself', async () => {
  expect(await lead(50)).toEqual({
    kind: 'failed',
    exitCode: 12,
    message: 'no place was given to the coordinator within 50ms: 0/2 nodes are available',
  });
});

test('an interrupt while it waits for its place leaves nothing', async () => {
  const signals = new EventEmitter();
  signals.once('waiting', () => setImmediate(() => signals.emit('SIGINT', 'SIGINT')));
  expect(await lead(600_000, signals)).toMatchObject({ exitCode: 130 });
});
