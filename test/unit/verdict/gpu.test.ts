import { describe, expect, test } from 'vitest';
import { parseObjective } from '../../../src/campaign/objective-text.ts';
import type { MetricName } from '../../../src/gpu/metric.ts';
import type {
  DeviceObservation,
  ExporterObservation,
  NodeInventory,
  NodeObservation,
  ProcessSpan,
  Series,
} from '../../../src/gpu/observation.ts';
import { migInstance } from '../../../src/gpu/recorded/device.ts';
import { bareFacts } from '../../../src/gpu/recorded/recording.ts';
import { judgeTrial } from '../../../src/verdict/judge-trial.ts';
import { gpuResult } from '../../../src/verdict/observed/summary.ts';
import { cellOf, openPhase } from '../../support/cells.ts';
import { evidenceOf, request } from '../../support/evidence.ts';
import { GPU, gpuWith, healthyGpu, nodeOf, readings } from '../../support/observed.ts';
import { uniformMs } from '../../support/queue.ts';

const load = openPhase('load', 100, 20);
const sound = evidenceOf(
  cellOf([load], []),
  uniformMs(load).map((at) => request(at, { service: 10 })),
);

function objective(text: string) {
  const reading = parseObjective(text);
  if (!reading.ok) throw new Error(reading.problem);
  return reading.value;
}

const judge = (observed: readonly NodeObservation[], ...objectives: readonly string[]) =>
  judgeTrial(cellOf([load], objectives.map(objective)), { ...sound, observed }, () => 'agent-0');
const codesOf = (observed: readonly NodeObservation[]) => {
  const { verdict } = judge(observed);
  return { kind: verdict.kind, codes: [...verdict.reasons, ...verdict.cautions].map(({ code }) => code) };
};
const withGpu = (device: DeviceObservation, more: Partial<NodeObservation> = {}) => codesOf([nodeOf([device], more)]);

const stranger: ProcessSpan = {
  device: GPU.uuid,
  pid: 4242,
  name: 'python',
  standing: 'foreign',
  firstNs: -1e9,
  lastNs: 20e9,
  usedBytes: 4e9,
};

describe('the GPUs of a trial', () => {
  test('that are healthy leave the verdict alone', () => {
    expect(withGpu(healthyGpu())).toEqual({ kind: 'pass', codes: [] });
  });

  test('tell why a metric that nothing reads has no number', () => {
    const node = nodeOf([healthyGpu()]);
    const untold = { [GPU.uuid]: ['activity.sm', 'xid'] } as const;
    const observed = [nodeOf([healthyGpu()], { inventory: { ...(node.inventory as NodeInventory), untold } })];
    const [gpu] = gpuResult(observed, { fromNs: 0, toNs: 20e9 })?.gpus ?? [];
    expect(gpu?.metrics['activity.sm']).toMatchObject({ count: 0, p50: null, missing: { not_supported: 1 } });
    expect(gpu?.metrics.xid, 'told before it was known to be').toMatchObject({ missing: {} });
    expect(codesOf(observed)).toEqual({ kind: 'pass', codes: [] });
  });

  test('that are lost make it invalid', () => {
    const lost = healthyGpu({ lacks: { 'power.draw': [{ atNs: 7e9, reason: 'gpu_lost' }] } });
    expect(withGpu(lost)).toMatchObject({ kind: 'invalid', codes: ['gpu-lost'] });
    const [reason] = judge([nodeOf([lost])]).verdict.reasons;
    expect(reason?.message).toBe('The GPU was lost 7 s after the start.');
    const later = healthyGpu({ lacks: { 'power.draw': [{ atNs: 21e9, reason: 'gpu_lost' }] } });
    expect(withGpu(later).kind).toBe('pass');
  });

  test('that report a fatal XID within the trial make it invalid; one from before, and a harmless one, do not', () => {
    const since = (from: number, xid: number) => gpuWith({ xid: readings((s) => (s >= from ? xid : 0), 1000) });
    expect(withGpu(since(5, 79)).codes).toEqual(['gpu-xid']);
    expect(withGpu(since(-5, 79)).kind).toBe('pass');
    expect(withGpu(since(5, 13)).kind).toBe('pass');
    const late = { source: 'dcgm-exporter', atNs: [4e9, 8e9], values: [79, 79] } as const;
    expect(withGpu(gpuWith({ xid: late })).kind, 'read first after the start').toBe('pass');
    expect(withGpu(gpuWith({ xid: { ...late, values: [79, 48] } })).codes).toEqual(['gpu-xid']);
    const again = readings((s) => (s < 4 ? 79 : s < 8 ? 13 : 79), 1000);
    expect(withGpu(gpuWith({ xid: again })).codes, 'once more, after a harmless one').toEqual(['gpu-xid']);
  });

  test('with an uncorrected memory error make it invalid', () => {
    expect(withGpu(gpuWith({ 'ecc.uncorrected': readings((s) => (s > 9 ? 3 : 2), 1000) })).codes).toEqual(['gpu-ecc']);
  });

  test('that hardware holds down make it invalid, by the counter or by the reasons of the clocks', () => {
    const counter = gpuWith({ 'throttled.thermalHardware': readings((s) => 1 + Math.max(0, s - 10) / 10, 1000) });
    expect(withGpu(counter).codes).toEqual(['gpu-throttled']);
    expect(withGpu(counter).kind).toBe('invalid');
    expect(withGpu(gpuWith({ events: readings((s) => (s > 5 && s < 6 ? 0x88 : 0)) })).codes).toEqual(['gpu-throttled']);
    expect(withGpu(gpuWith({ events: readings(() => 0x3) })).kind, 'idle and application clocks').toBe('pass');
  });

  test('whose number is not the planned one make it invalid', () => {
    const evidence = { ...sound, observed: [nodeOf([healthyGpu()])], plannedGpus: 2 };
    const { verdict } = judgeTrial(cellOf([load], []), evidence, () => 'agent-0');
    expect(verdict.reasons.map(({ code }) => code)).toEqual(['gpu-count']);
    const pages = (...perNode: readonly number[]) => {
      const node = nodeOf([healthyGpu()]);
      const inventory = { ...(node.inventory as NodeInventory), perNode };
      const read = { ...evidence, observed: [{ ...node, inventory }] };
      return judgeTrial(cellOf([load], []), read, () => 'agent-0').verdict.reasons.map(({ message }) => message);
    };
    expect(pages(2, 2)).toEqual([]);
    expect(pages(2, 1)).toEqual(['One of the nodes that it looks at has 1 GPU, the campaign says 2.']);
    expect(withGpu(healthyGpu(), { gpusAtFirst: 2 }).codes, 'one fell off the bus').toEqual(['gpu-count']);
    const bare = { ...evidence, observed: [nodeOf([], { inventory: null, gpusAtFirst: null })] };
    const [reason] = judgeTrial(cellOf([load], []), bare, () => 'agent-0').verdict.reasons;
    expect(reason?.message).toBe('Nothing on the node tells of a GPU, the campaign says 2.');
  });

  test('whose energy goes backwards make it invalid', () => {
    const reset = gpuWith({ energy: readings((s) => (s > 8 ? s : 1000 + 200 * s), 1000) });
    expect(withGpu(reset)).toEqual({ kind: 'invalid', codes: ['gpu-counter-backwards'] });
  });

  test('with a stranger’s process make it invalid: for its memory, or because it came in the middle', () => {
    const processes = (more: Partial<ProcessSpan>) => ({ processes: [{ ...stranger, ...more }] });
    expect(withGpu(healthyGpu(), processes({})).codes).toEqual(['gpu-foreign']);
    expect(withGpu(healthyGpu(), processes({ usedBytes: 1e8 })).kind).toBe('pass');
    expect(withGpu(healthyGpu(), processes({ usedBytes: 1e8, firstNs: 8e9 })).codes).toEqual(['gpu-foreign']);
    expect(withGpu(healthyGpu(), processes({ standing: 'own' })).kind).toBe('pass');
    expect(withGpu(healthyGpu(), processes({ lastNs: -0.5e9 })).kind).toBe('pass');
  });

  test.each<readonly [string, DeviceObservation, string]>([
    [
      'software holds down',
      gpuWith({ 'throttled.thermalSoftware': readings((s) => 3 + 0.002 * s, 1000) }),
      'gpu-throttled',
    ],
    [
      'the power cap holds down',
      gpuWith({ 'throttled.powerCap': readings((s) => 7 + 0.06 * s, 1000) }),
      'gpu-power-cap',
    ],
    ['lose their clock', gpuWith({ 'clock.sm': readings((s) => (s > 18 ? 1000 : 1410)) }), 'gpu-clock-drop'],
    ['still warm up', gpuWith({ 'temperature.gpu': readings((s) => 50 + s / 30, 1000) }), 'gpu-warming'],
    ['tell two energies', gpuWith({ 'power.draw': readings(() => 215) }), 'gpu-energy-disagrees'],
  ])('that %s are a caution', (_, device, code) => {
    expect(withGpu(device)).toEqual({ kind: 'pass', codes: [code] });
  });

  test('that are held down are known by the reasons of their clocks where no counter is told', () => {
    const { series } = healthyGpu();
    const { 'throttled.powerCap': _, 'throttled.thermalSoftware': __, ...uncounted } = series;
    const held = (events: (second: number) => number) =>
      withGpu(healthyGpu({ series: { ...uncounted, events: readings(events) } })).codes;
    expect(held((s) => (s > 10 && s < 12 ? 0x4 : 0))).toEqual(['gpu-power-cap']);
    expect(held((s) => (s > 10 && s < 10.5 ? 0x4 : 0))).toEqual([]);
    expect(held((s) => (s > 10 && s < 10.5 ? 0x21 : 0x1))).toEqual(['gpu-throttled']);
    expect(withGpu(gpuWith({ events: readings(() => 0x24) })).codes, 'the counter counts').toEqual([]);
  });

  test('just below those bounds are no caution', () => {
    const nearly = gpuWith({
      'throttled.thermalSoftware': readings((s) => 3 + 0.0009 * s, 1000),
      'throttled.powerCap': readings((s) => 7 + 0.045 * s, 1000),
      'clock.sm': readings((s) => (s > 18 ? 1350 : 1410)),
      'temperature.gpu': readings((s) => 50 + (0.9 * s) / 60, 1000),
      'power.draw': readings(() => 208),
    });
    expect(withGpu(nearly)).toEqual({ kind: 'pass', codes: [] });
  });

  test('of which seconds are missing are a caution that names the gap', () => {
    const { series, ...rest } = healthyGpu();
    const cut = Object.fromEntries(
      Object.entries(series).map(([name, { source, atNs, values }]) => {
        const kept = atNs.flatMap((at, place) => (at > 5e9 && at < 9e9 ? [] : [place]));
        return [name, { source, atNs: kept.map((place) => atNs[place]), values: kept.map((place) => values[place]) }];
      }),
    ) as DeviceObservation['series'];
    const gap = { fromNs: 5e9, toNs: 9e9, reason: 'killed', message: 'the sampler was ended by SIGKILL' };
    const node = nodeOf([{ ...rest, series: cut }], { gaps: [gap] });
    const [caution] = judge([node]).verdict.cautions.filter(({ code }) => code === 'gpu-coverage');
    expect(caution?.message).toContain('the sampler was ended by SIGKILL');
  });

  test('that fall silent of one metric while the others go on are a caution that names it', () => {
    const { series } = healthyGpu();
    const until = (name: MetricName, seconds: number): Series => {
      const { source, atNs, values } = series[name] as Series;
      const kept = atNs.filter((at) => at <= seconds * 1e9);
      return { source, atNs: kept, values: values.slice(0, kept.length) };
    };
    const messagesOf = (device: DeviceObservation) =>
      judge([nodeOf([device])]).verdict.cautions.flatMap(({ code, message }) =>
        code === 'gpu-coverage' ? [message] : [],
      );
    expect(messagesOf(gpuWith({ 'power.draw': until('power.draw', 9.4) }))).toEqual([
      'Only 50 % of the time is covered by readings of its power.',
    ]);
    expect(messagesOf(gpuWith({ energy: until('energy', 4) }))).toEqual([
      'Only 23 % of the time is covered by readings of its energy counter.',
    ]);
    expect(
      messagesOf(gpuWith({ 'power.draw': until('power.draw', 9.4), 'power.instant': series['power.draw'] as Series })),
    ).toEqual([]);
    const sparse = { source: 'dcgm-exporter', atNs: [0, 20e9], values: [1000, 5000] } as const;
    expect(messagesOf(gpuWith({ energy: sparse })), 'a counter loses nothing in between').toEqual([]);
  });

  test('whose power stood still before the trial already are a caution; one that never told it is not', () => {
    const { 'power.draw': power, ...others } = healthyGpu().series;
    const stale = healthyGpu({ series: others, lacks: { 'power.draw': [{ atNs: 3e9, reason: 'stale' }] }, before: {} });
    expect(withGpu(stale).codes).toContain('gpu-coverage');
    const silent = healthyGpu({ series: others, before: { 'power.draw': power as Series } });
    expect(withGpu(silent).codes, 'told before the trial').toContain('gpu-coverage');
    const never = healthyGpu({ series: others, lacks: { 'power.draw': [{ atNs: 3e9, reason: 'not_supported' }] } });
    expect(withGpu({ ...never, before: {} }).codes).not.toContain('gpu-coverage');
  });

  test('that were never read, because their reader never spoke, are a caution that says why', () => {
    const gap = { fromNs: -2e9, toNs: 21e9, reason: 'killed', message: 'the sampler was ended by SIGABRT' };
    const node = nodeOf([], { inventory: null, gpusAtFirst: null, gaps: [gap] });
    const { verdict, gpu } = judge([node]);
    expect(verdict.cautions.map(({ code, message }) => [code, message])).toEqual([
      ['gpu-coverage', 'Nothing was read of its GPUs: the sampler was ended by SIGABRT.'],
    ]);
    expect(gpu?.gaps).toHaveLength(1);
  });

  test('whose other instances others compute on are a caution', () => {
    const instance = (index: number) => migInstance(GPU.uuid, { index, gpuInstance: `${index}` });
    const devices = [healthyGpu(), ...[1, 2].map((at) => healthyGpu({ device: instance(at), series: {}, before: {} }))];
    const own = { ...stranger, device: instance(1).uuid, standing: 'own' as const };
    const others = { ...stranger, device: instance(2).uuid };
    expect(codesOf([nodeOf(devices, { processes: [own, others] })])).toEqual({
      kind: 'pass',
      codes: ['gpu-neighbour'],
    });
    expect(codesOf([nodeOf(devices, { processes: [others] })]).codes).toEqual(['gpu-foreign']);
    const beside = { ...stranger, device: instance(1).uuid };
    expect(codesOf([nodeOf(devices, { processes: [own, beside] })]).codes, 'on the same one').toEqual(['gpu-foreign']);
  });
});

describe('energy', () => {
  test('is told per inference, gross and net of what the idle GPU takes', () => {
    const { energy } = judge([nodeOf([healthyGpu()])]);
    expect(energy?.total).toMatchObject({ joules: 4000 });
    expect(energy?.perInference?.gross.joules).toBeCloseTo(2, 9);
    expect(energy?.perInference?.net?.joules).toBeCloseTo((4000 - 60 * 20) / 2000, 9);
    expect(energy?.packageJoules).toBe(600);
  });

  test('counts the GPU of a MIG instance once', () => {
    const instance = migInstance(GPU.uuid, { index: 0, gpuInstance: '1' });
    const { energy } = judge([nodeOf([healthyGpu(), healthyGpu({ device: instance })])]);
    expect(energy?.total).toMatchObject({ joules: 4000 });
    expect(energy?.gpus).toHaveLength(1);
  });

  test('is told of no part of the GPUs as if it were the whole', () => {
    const silent = { device: { ...GPU, uuid: 'GPU-2', index: 1 }, series: {}, lacks: {}, before: {} };
    const told = judge([nodeOf([healthyGpu(), silent])]).energy;
    expect(told?.total).toEqual({ joules: null, reason: 'not-told' });
    expect(told?.perInference).toBeNull();
    expect(told?.gpus.map(({ energy }) => energy.joules)).toEqual([4000, null]);
    const [, listed] = nodeOf([healthyGpu(), silent]).inventory?.devices ?? [];
    const node = nodeOf([healthyGpu()]);
    const unread = { ...node, inventory: node.inventory && { ...node.inventory, devices: [listed ?? bareFacts(GPU)] } };
    expect(judge([unread]).energy?.total).toEqual({ joules: null, reason: 'not-told' });
    expect(judge([unread]).verdict.cautions.map(({ message }) => message)).toContain('Nothing was read of it.');
  });

  test('is not told net where the GPU was not idle before', () => {
    const busy = readings(() => 0.5, 1000);
    const { before } = healthyGpu();
    const { energy } = judge([nodeOf([healthyGpu({ before: { ...before, 'utilization.gpu': busy } })])]);
    expect(energy?.perInference?.net).toBeNull();
  });

  test('is null where no GPU tells of it', () => {
    expect(judge([nodeOf([])]).energy).toBeNull();
    expect(judge([]).gpu).toBeNull();
  });
});

describe('the servers of pages of metrics', () => {
  const url = 'http://node-1:9400/metrics';
  const exporter = (more: Partial<ExporterObservation>): ExporterObservation => ({
    url,
    answers: 40,
    failures: 0,
    fault: null,
    clock: { leastMs: -700, mostMs: 200 },
    ...more,
  });
  const withExporter = (more: Partial<ExporterObservation>) => nodeOf([healthyGpu()], { exporters: [exporter(more)] });

  test('that answer, with a clock near the node’s or without any, leave the verdict alone', () => {
    expect(codesOf([withExporter({})])).toEqual({ kind: 'pass', codes: [] });
    expect(codesOf([withExporter({ clock: null, failures: 2 })])).toEqual({ kind: 'pass', codes: [] });
    expect(codesOf([withExporter({ clock: { leastMs: 990, mostMs: 1900 } })]).codes, 'may be near').toEqual([]);
    expect(judge([withExporter({})]).exporters).toEqual([exporter({})]);
  });

  test('whose clock is surely more than a second away are a caution', () => {
    expect(codesOf([withExporter({ clock: { leastMs: 4200, mostMs: 5100 } })])).toEqual({
      kind: 'pass',
      codes: ['exporter-clock'],
    });
    const [ahead] = judge([withExporter({ clock: { leastMs: 4200, mostMs: 5100 } })]).verdict.cautions;
    expect(ahead?.message).toBe(`The clock of ${url} is at least 4.2 s ahead of the node's.`);
    const [behind] = judge([withExporter({ clock: { leastMs: -9000, mostMs: -8100 } })]).verdict.cautions;
    expect(behind?.message).toBe(`The clock of ${url} is at least 8.1 s behind the node's.`);
  });

  test('that left more than a twentieth of the questions unanswered, or never answered, are a caution', () => {
    const half = withExporter({ answers: 20, failures: 20, fault: 'found status 500, expected 200' });
    expect(codesOf([half]).codes).toEqual(['exporter-silent']);
    expect(judge([half]).verdict.cautions[0]?.message).toBe(
      `${url} left 50 % of 40 questions unanswered: found status 500, expected 200.`,
    );
    const node = nodeOf([healthyGpu()]);
    const refused = [`${url}: connect ECONNREFUSED 127.0.0.1:9400`, 'nvidia-smi cannot be started: ENOENT'];
    const never = { ...node, inventory: node.inventory === null ? null : { ...node.inventory, refused } };
    expect(codesOf([never])).toEqual({ kind: 'pass', codes: ['exporter-silent'] });
  });
});

test('what a page of metrics said is told with how often and how surely it was read', () => {
  const atNs = Array.from({ length: 10 }, (_, place) => place * 2e9);
  const page = {
    url: 'http://node-1:8002/metrics',
    name: 'nv_inference_count',
    atNs,
    values: atNs.map((at) => at / 1e8),
  };
  const { scraped } = judge([nodeOf([], { pages: [page] })]);
  expect(scraped).toEqual([
    {
      url: page.url,
      name: page.name,
      count: 10,
      everyMs: 2000,
      coverage: expect.closeTo(0.57, 9),
      first: 0,
      last: 180,
      min: 0,
      max: 180,
    },
  ]);
});

describe('objectives on what is observed', () => {
  test.each([
    ['gpu.power.mean < 210W', 'pass'],
    ['gpu.power.mean < 190W', 'fail'],
    ['gpu.clock.min >= 1410MHz', 'pass'],
    ['gpu.clock.min > 1.41GHz', 'fail'],
    ['gpu.temperature.max < 55C', 'pass'],
    ['gpu.memory.max < 1GiB', 'fail'],
    ['gpu.utilization.p50 >= 90%', 'pass'],
    ['host.cpu.p95 < 80%', 'pass'],
    ['host.core.p95 < 60%', 'fail'],
    ['energy.perInference < 2.1J', 'pass'],
    ['energy.perInference < 1.9J', 'fail'],
    ['gpu.sm.mean > 10%', 'inconclusive'],
  ])('%s is %s', (text, kind) => {
    const { verdict, objectives } = judge([nodeOf([healthyGpu()])], text);
    expect(objectives[0]?.verdict).toBe(kind);
    expect(verdict.kind).toBe(kind);
  });

  test('holds for every GPU, and names the one that misses it', () => {
    const hot = healthyGpu({ device: { ...GPU, uuid: 'GPU-2', index: 1 } });
    const series = { ...hot.series, 'temperature.gpu': readings(() => 91, 1000) };
    const { verdict } = judge([nodeOf([healthyGpu(), { ...hot, series }])], 'gpu.temperature.max < 85C');
    expect(verdict.reasons[0]?.message).toBe('gpu.temperature.max < 85C is missed: GPU 1 had 91 °C.');
  });

  test('are not kept while a GPU or a node tells nothing, and missed where another one misses them', () => {
    const silent = { device: { ...GPU, uuid: 'GPU-2', index: 1 }, series: {}, lacks: {}, before: {} };
    const nodes = [nodeOf([healthyGpu(), silent])];
    const { verdict, objectives } = judge(nodes, 'gpu.power.mean < 210W');
    expect(objectives[0]?.verdict).toBe('inconclusive');
    expect(verdict.reasons[0]?.message).toBe(
      'gpu.power.mean < 210W cannot be told: nothing that was observed of GPU 1 says it.',
    );
    expect(judge(nodes, 'gpu.power.mean < 190W').objectives[0]?.verdict).toBe('fail');
    const mute = nodeOf([], { agent: 1, host: [] });
    expect(judge([...nodes, mute], 'host.cpu.p95 < 80%').objectives[0]?.verdict).toBe('inconclusive');
    expect(judge(nodes, 'energy.perInference < 9J').objectives[0]?.verdict).toBe('inconclusive');
  });

  test('are told nothing by a machine without a GPU', () => {
    const { verdict } = judge([], 'gpu.power.mean < 300W');
    expect(verdict.reasons.map(({ code }) => code)).toEqual(['not-observed']);
  });
});
