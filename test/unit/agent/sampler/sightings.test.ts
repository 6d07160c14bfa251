import { expect, test } from 'vitest';
import { Sightings } from '../../../../src/agent/sampler/sightings.ts';
import { numberReading } from '../../../../src/gpu/reading.ts';
import type { GpuProcess } from '../../../../src/gpu/sample.ts';

const AGENT = 100;
const process = (pid: number): GpuProcess => ({
  device: 'GPU-0',
  pid,
  name: null,
  usedBytes: numberReading(2 ** 30),
  type: 'compute',
});

/** A node that shows these processes: number, name, and which one started it. */
function nodeWith(shown: Map<number, readonly [name: string, parent: number]>) {
  return (path: string): string | null => {
    const [, pid, file] = /^\/proc\/(\d+)\/(\w+)$/.exec(path) ?? [];
    const found = shown.get(Number(pid));
    if (found === undefined) return null;
    return file === 'comm' ? `${found[0]}\n` : file === 'stat' ? `${pid} (${found[0]}) S ${found[1]} 0` : null;
  };
}

test('a process that ends after a look is left out, whoever it belonged to, until the next look', () => {
  const shown = new Map([
    [AGENT, ['agent', 1]],
    [200, ['runner', AGENT]],
    [300, ['python', 1]],
  ] as const);
  const sightings = new Sightings(nodeWith(shown), AGENT, []);
  const look = [process(200), process(300), process(400)];
  const pids = () => sightings.of(look).map(({ pid, standing }) => [pid, standing]);
  const all = [
    [200, 'own'],
    [300, 'foreign'],
    [400, 'foreign'],
  ];
  expect(pids()).toEqual(all);
  expect(pids()).toEqual(all);
  shown.delete(200);
  shown.delete(300);
  expect(pids(), 'one that this node never showed may still be there').toEqual([[400, 'foreign']]);
});

test('a list that is new is judged anew', () => {
  const shown = new Map<number, readonly [string, number]>([[300, ['tritonserver', 1]]]);
  const sightings = new Sightings(nodeWith(shown), AGENT, ['tritonserver']);
  expect(sightings.of([process(300)])).toMatchObject([{ name: 'tritonserver', standing: 'own' }]);
  shown.set(300, ['miner', 1]);
  expect(sightings.of([process(300)])).toMatchObject([{ name: 'miner', standing: 'foreign' }]);
});

test('one that was here and ends is not taken for a stranger by a list that still has it', () => {
  const shown = new Map<number, readonly [string, number]>([
    [AGENT, ['agent', 1]],
    [200, ['runner', AGENT]],
  ]);
  const sightings = new Sightings(nodeWith(shown), AGENT, []);
  expect(sightings.of([process(200), process(400)])).toMatchObject([{ standing: 'own' }, { standing: 'foreign' }]);
  shown.delete(200);
  expect(sightings.of([process(200), process(400)])).toMatchObject([{ pid: 400, standing: 'foreign' }]);
});
