import { expect, test } from 'vitest';
import type { HostFacts } from '../../../../src/agent/proc-stat.ts';
import { Fold } from '../../../../src/agent/runner/fold.ts';
import { Uplink } from '../../../../src/agent/runner/uplink.ts';
import { decodeInterval } from '../../../../src/wire/interval-codec.ts';
import { trialSpec } from '../../../support/trial-spec.ts';

const spec = trialSpec({});
const START_MS = 1_800_000_000_000;

/** A node whose thread may lose the CPU after a look at a clock, and whose wall clock may step. */
class Node {
  #atNs = 0;
  lostNs: number[] = [];
  stepMs = 0;
  host: HostFacts = { cpu: null, steal: null, throttledUs: null, rssBytes: null };

  readonly wall = { nowMs: () => START_MS + this.stepMs + Math.floor(this.#look() / 1e6) };
  readonly hostFacts = () => this.host;
  readonly loopDelayP99Ms = () => 1.25;
  readonly monotonic = (): bigint => BigInt(this.#look());

  #look(): number {
    const now = this.#atNs;
    this.#atNs += 100 + (this.lostNs.shift() ?? 0);
    return now;
  }
}

function driftMs(disturb: (node: Node) => void): number {
  const node = new Node();
  const uplink = new Uplink(spec, node);
  disturb(node);
  const { host } = decodeInterval(uplink.encode(new Fold(spec).seal(), { cpuS: 0, wallS: 1 }));
  return Number(host?.wallMinusMonotonicNs) / 1e6;
}

test('a thread that loses the CPU between two clocks does not take that for a step', () => {
  const drift = driftMs((node) => {
    node.lostNs = [50e6, 0, 0, 50e6];
  });
  expect(Math.abs(drift)).toBeLessThanOrEqual(1);
});

test('a wall clock that steps shows in the next interval', () => {
  const drift = driftMs((node) => {
    node.stepMs = 40;
  });
  expect(drift).toBeCloseTo(40, 0);
});

const told = (facts: Partial<HostFacts>) => {
  const node = new Node();
  node.host = { ...node.host, ...facts };
  const interval = new Uplink(spec, node).encode(new Fold(spec).seal(), { cpuS: 0, wallS: 1 });
  return decodeInterval(interval).host;
};

test('what the node does not tell is absent, and a zero that it tells is a zero', () => {
  const unknown = told({});
  expect([unknown?.steal, unknown?.cpu, unknown?.throttledUs, unknown?.rssBytes]).toEqual(Array(4).fill(undefined));
  expect(told({ steal: 0, cpu: 0.5, throttledUs: 0, rssBytes: 1024 })).toMatchObject({
    steal: 0,
    cpu: 0.5,
    throttledUs: 0n,
    rssBytes: 1024n,
  });
});

test('the delay of the runner’s own event loop goes with every interval', () => {
  expect(told({})?.loopDelayP99Ms).toBe(1.25);
});
