import { expect, test } from 'vitest';
import { Board, boardMemory, CpuSamples, Place } from '../../../../src/agent/runner/board.ts';
import { FailureLog } from '../../../../src/agent/runner/failure-log.ts';
import { ServeLoop } from '../../../../src/agent/runner/loop.ts';
import { Pacer } from '../../../../src/agent/runner/pacing.ts';
import { PhaseTable } from '../../../../src/agent/runner/phase-table.ts';
import {
  emptyRecord,
  RecordReader,
  RecordWriter,
  type RequestRecord,
  recordMemory,
} from '../../../../src/agent/runner/record-ring.ts';
import { TicketRing, ticketMemory } from '../../../../src/agent/runner/ticket-ring.ts';
import { Outcome } from '../../../../src/stats/outcome.ts';
import { RequestFailure, type Target } from '../../../../src/targets/target.ts';
import { type Ns, ns } from '../../../../src/time/ns.ts';
import { openLoad, phase } from '../../../support/trial-spec.ts';

const ROOM = 64;

/** A clock on which a look costs a microsecond, and what a target does costs what it says. */
class CountedTime {
  at = 0;

  now(): Ns {
    this.at += 1000;
    return ns(this.at);
  }
}

interface Served {
  readonly records: readonly RequestRecord[];
  readonly told: readonly string[];
  readonly ended: Promise<void>;
}

/** Serves one request for each of `intended`, nanoseconds, with a target made for the clock it is given. */
async function serve(
  intended: readonly number[],
  made: (time: CountedTime) => Partial<Target>,
  samples: readonly number[] = [],
): Promise<Served> {
  const time = new CountedTime();
  const target: Target = {
    name: 'made',
    open: async () => ({ start: { sessionMs: 0, firstInferenceMs: 0 } }),
    infer: () => Outcome.ok,
    close: async () => {},
    ...made(time),
  };
  const memory = boardMemory(1);
  const [board, place] = [new Board(memory), new Place(memory, 0)];
  const tickets = new TicketRing(ticketMemory(ROOM));
  const ring = recordMemory(ROOM);
  const told: string[] = [];
  intended.forEach((at, seq) => {
    tickets.publish(seq, 0, seq, at, samples[seq]);
  });
  board.endAt(intended.length);
  const loop = new ServeLoop({
    target,
    clock: time,
    board,
    place,
    cpuSamples: new CpuSamples(memory, 0),
    tickets,
    records: new RecordWriter(ring, board),
    pacer: new Pacer('lowCpu', time, board),
    failures: new FailureLog((_, { code, message }) => told.push(`${code}: ${message}`)),
    phases: new PhaseTable([phase('load', 0, 10, openLoad(10, 10))]),
    sampleKeys: Int32Array.of(7),
    timeoutNs: 1e9,
    backlog: null,
    cpuNs: () => 0,
  });
  const ended = loop.serve(0);
  await ended.catch(() => {});
  const reader = new RecordReader(ring);
  const records: RequestRecord[] = [];
  for (let record = emptyRecord(); reader.next(reader.written, record); record = emptyRecord()) records.push(record);
  return { records, told, ended };
}

const fields = ({ records: [record] }: Served, from: 'intendedNs' | 'startNs', to: 'startNs' | 'completedNs'): number =>
  (record?.[to] ?? Number.NaN) - (record?.[from] ?? Number.NaN);

test('a sample is laid ready while the request waits for its instant, outside lag and service', async () => {
  const order: string[] = [];
  const served = await serve([1e6], (time) => ({
    prepare: (sample) => {
      order.push(`prepare ${sample}`);
      time.at += 500_000;
    },
    infer: (sample) => {
      order.push(`infer ${sample}`);
      time.at += 40_000;
      return Outcome.ok;
    },
  }));
  expect(order[1]).toBe(order[0]?.replace('prepare', 'infer'));
  expect(fields(served, 'intendedNs', 'startNs')).toBeLessThan(50_000);
  expect(fields(served, 'startNs', 'completedNs')).toBe(41_000);
});

test('a sample of a request that is due already delays its start: lag, and no service time', async () => {
  const served = await serve([0], (time) => ({
    prepare: () => {
      time.at += 500_000;
    },
    infer: () => {
      time.at += 40_000;
      return Outcome.ok;
    },
  }));
  expect(fields(served, 'intendedNs', 'startNs')).toBeGreaterThanOrEqual(500_000);
  expect(fields(served, 'startNs', 'completedNs')).toBe(41_000);
});

test('an answer is looked at after its completion, and the next request sees that as lag', async () => {
  const served = await serve([0, 0], (time) => ({
    infer: () => {
      time.at += 40_000;
      return Outcome.ok;
    },
    check: () => {
      time.at += 300_000;
      return Outcome.ok;
    },
  }));
  const [first, second] = served.records;
  expect(fields(served, 'startNs', 'completedNs')).toBe(41_000);
  expect(second?.readyNs).toBe(first?.completedNs);
  expect((second?.startNs ?? 0) - (second?.readyNs ?? 0)).toBeGreaterThanOrEqual(300_000);
});

test('an answer that is not the expected one is a wrong output with its message', async () => {
  let asked = 0;
  const served = await serve([0, 0, 0], () => ({
    check: () => {
      if (asked++ !== 1) return Outcome.ok;
      throw new RequestFailure('wrong-output', 'output', 'y[3]: found 2, expected 1');
    },
  }));
  expect(served.records.map(({ outcome }) => outcome)).toEqual([Outcome.ok, Outcome.wrongOutput, Outcome.ok]);
  expect(served.records.map(({ failure }) => failure)).toEqual([0, 1, 0]);
  expect(served.told).toEqual(['output: y[3]: found 2, expected 1']);
});

test('an answer that came too late, or failed, is not looked at', async () => {
  let checks = 0;
  const answers = [
    (time: CountedTime) => {
      time.at += 2e9;
      return Outcome.ok;
    },
    () => Outcome.rejected,
  ];
  for (const answer of answers) {
    await serve([0], (time) => ({
      infer: () => answer(time),
      check: () => {
        checks++;
        return Outcome.ok;
      },
    }));
  }
  expect(checks).toBe(0);
});

test('a sample that cannot be laid ready ends the loop before the request has started', async () => {
  const served = await serve([0], () => ({
    prepare: () => {
      throw new Error('record 4: found null');
    },
  }));
  await expect(served.ended).rejects.toThrow('record 4: found null');
  expect(served.records).toEqual([]);
});

test('an arrival that names a sample gets that one, laid ready and recorded; any other a drawn one', async () => {
  const seen: string[] = [];
  const made = (): Partial<Target> => ({
    prepare: (sample) => void seen.push(`prepare ${sample}`),
    infer: (sample) => {
      seen.push(`infer ${sample}`);
      return Outcome.ok;
    },
  });
  const { records } = await serve([0, 0, 0], made, [4_000_000_000, -1, 0]);
  const drawn = records[1]?.sample ?? Number.NaN;
  expect(records.map(({ sample }) => sample)).toEqual([4_000_000_000, drawn, 0]);
  expect(drawn).toBe((await serve([0, 0], made)).records[1]?.sample);
  expect(seen.slice(0, 6)).toEqual(
    [4_000_000_000, drawn, 0].flatMap((sample) => [`prepare ${sample}`, `infer ${sample}`]),
  );
});
