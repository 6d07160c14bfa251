import { create } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { Fold } from '../../../../src/agent/runner/fold.ts';
import { intervalMessage } from '../../../../src/agent/runner/interval-message.ts';
import { emptyRecord } from '../../../../src/agent/runner/record-ring.ts';
import { Outcome } from '../../../../src/stats/outcome.ts';
import { HostSampleSchema } from '../../../../src/wire/gen/loadcell/v1/fleet_pb.ts';
import { trialSpec } from '../../../support/trial-spec.ts';

const spec = trialSpec({ attempt: 2, share: { index: 3, of: 4 } });
const host = () => create(HostSampleSchema, { pacingCpuS: 0.25, rssBytes: 7n });

test('an interval says whose it is, when it was, and what settled in it', () => {
  const fold = new Fold(spec);
  fold.offer(0, 10e6);
  fold.settle(0, { ...emptyRecord(), intendedNs: 10e6, readyNs: 10e6, startNs: 10.4e6, completedNs: 30e6, sample: 9 });
  fold.offer(0, 20e6);
  fold.settle(0, { ...emptyRecord(), intendedNs: 20e6, readyNs: 30e6, completedNs: 40e6, outcome: Outcome.timeout });
  const message = intervalMessage(spec, fold.seal(), host());
  expect(message).toMatchObject({
    cell: 2,
    trial: 1,
    attempt: 2,
    agent: 3,
    seq: 0,
    startNs: 0n,
    endNs: 1_000_000_000n,
  });
  expect(message).toMatchObject({
    inFlight: 0n,
    settledS: 0.04,
    last: false,
    host: { pacingCpuS: 0.25, rssBytes: 7n },
  });
  expect(message.stoppedNs).toBeUndefined();
  expect(message.slots.map(({ phase, slot, outcomes }) => [phase, slot, outcomes.slice(0, 2)])).toEqual([
    [0, 0, [1, 1]],
  ]);
  expect(message.phases).toMatchObject([{ phase: 0, offered: 2, started: 1, achieved: 1, failed: 1, cancelled: 0n }]);
  expect(message.failures).toMatchObject([{ class: 'timeout', code: 'timeout', count: 1, firstNs: 40_000_000n }]);
  expect(message.slowest).toMatchObject([{ sample: 9, waitNs: 0n, lagNs: 400_000n, serviceNs: 19_600_000n }]);
});

test('the last interval of a stopped trial says where it stopped and what was cancelled', () => {
  const fold = new Fold(spec);
  fold.leaveUnstarted(0);
  const message = intervalMessage(spec, fold.close(0.7e9, 0.5e9, [50]), host());
  expect(message).toMatchObject({ last: true, stoppedNs: 500_000_000n, endNs: 700_000_000n });
  expect(message.phases).toMatchObject([{ phase: 0, offered: 0, cancelled: 50n, notStartedThoughFree: 1 }]);
});
