import { expect, test } from 'vitest';
import { placesOf, TicketSource } from '../../../../src/agent/runner/ticket-source.ts';
import type { Phase, Share } from '../../../../src/scenarios/phase.ts';
import { shareArrivals } from '../../../../src/scenarios/schedule.ts';
import { traceFile, tracePhase } from '../../../support/traces.ts';
import { closedLoad, openLoad, phase } from '../../../support/trial-spec.ts';

const context = { seed: '7', scenario: 's', trial: 1 };

function tickets(phases: readonly Phase[], share: Share, workers: number): [number, number, number][] {
  const source = new TicketSource(phases, share, workers, shareArrivals(phases, share, context));
  const all: [number, number, number][] = [];
  while (source.next()) all.push([source.phase, source.seq, source.atNs / 1e9]);
  return all;
}

test('a closed phase is one ticket per place, between the arrivals of its neighbours', () => {
  const phases = [
    phase('warmup', -1, 1, closedLoad(2, 0)),
    phase('load', 0, 1, openLoad(2, 1)),
    phase('closed', 1, 1, closedLoad(3, 0)),
    phase('offline', 2, 0, { kind: 'atOnce', count: 2 }),
    phase('last', 2, 1, closedLoad(1, 0)),
  ];
  expect(tickets(phases, { index: 0, of: 1 }, 8)).toEqual([
    [0, 0, -1],
    [0, 1, -1],
    [1, 0, 0],
    [1, 1, 0.5],
    [2, 0, 1],
    [2, 1, 1],
    [2, 2, 1],
    [3, 2, 2],
    [3, 3, 2],
    [4, 0, 2],
  ]);
});

test('places are dealt over agents, and an agent keeps at most one per worker', () => {
  const closed = phase('closed', 0, 1, closedLoad(5, 0));
  expect(tickets([closed], { index: 1, of: 2 }, 8)).toEqual([
    [0, 1, 0],
    [0, 3, 0],
  ]);
  expect(placesOf(closed, { index: 0, of: 2 }, 2)).toBe(2);
  expect(placesOf(closed, { index: 0, of: 2 }, 4)).toBe(3);
  expect(placesOf(phase('load', 0, 1, openLoad(5, 1)), { index: 0, of: 1 }, 4)).toBe(0);
});

test('an agent without any share has no tickets', () => {
  expect(tickets([phase('closed', 0, 1, closedLoad(1, 0))], { index: 1, of: 2 }, 8)).toEqual([]);
});

test('tickets carry the samples that a trace names; places of a closed phase name none', () => {
  const text = 'at,sample\n0,5\n0.2,\n0.4,6\n';
  const phases = [tracePhase(text), phase('closed', 1, 1, closedLoad(1, 0))];
  const share = { index: 0, of: 1 };
  const source = new TicketSource(phases, share, 1, shareArrivals(phases, share, context, traceFile(text)));
  const samples: number[] = [];
  while (source.next()) samples.push(source.sample);
  expect(samples).toEqual([5, -1, 6, -1]);
});
