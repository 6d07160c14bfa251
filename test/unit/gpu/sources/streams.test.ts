import { describe, expect, test } from 'vitest';
import { wholeGpu } from '../../../../src/gpu/recorded/device.ts';
import { bareFacts, type DeviceFacts } from '../../../../src/gpu/recorded/recording.ts';
import { readAmdList, readAmdSmi } from '../../../../src/gpu/sources/amd-smi.ts';
import { ChangeInterval } from '../../../../src/gpu/sources/change-interval.ts';
import { lostSamples } from '../../../../src/gpu/sources/lost-gpu.ts';
import { ToldApps } from '../../../../src/gpu/sources/smi-apps.ts';
import { SmiLoop } from '../../../../src/gpu/sources/smi-loop.ts';

const HEADER = 'timestamp, index, uuid, power.draw [W], temperature.gpu, utilization.gpu [%]';
const row = (index: number, rest: string): string =>
  `2026/11/28 10:00:0${index}.000, ${index}, GPU-0000000${index}, ${rest}`;

describe('the loop of nvidia-smi', () => {
  test('gives a sample for every row, at the time at which it came', () => {
    const loop = new SmiLoop();
    expect(loop.line(HEADER, 0).kind).toBe('nothing');
    const word = loop.line(row(0, '71.50, 43, 12'), 5);
    expect(word).toMatchObject({ kind: 'row', sample: { source: 'nvidia-smi', atNs: 5 } });
    expect(word.kind === 'row' && word.sample.readings['utilization.gpu']).toEqual({ kind: 'number', value: 0.12 });
  });

  test('is spoilt when the second row of a GPU tells nothing of what its first did', () => {
    const loop = new SmiLoop();
    loop.line(HEADER, 0);
    loop.line(row(0, '71.50, 43, 12'), 0);
    loop.line(row(1, '60.00, 40, 2'), 0);
    expect(loop.line(row(0, '[Unknown Error], [Unknown Error], [Unknown Error]'), 1).kind).toBe('spoilt');
  });

  test('is not spoilt by a GPU that is lost later on', () => {
    const loop = new SmiLoop();
    loop.line(HEADER, 0);
    for (const at of [0, 1]) loop.line(row(0, '71.50, 43, 12'), at);
    expect(loop.line(row(0, '[GPU is lost], [GPU is lost], [GPU is lost]'), 2).kind).toBe('row');
  });

  test('passes on the tool’s own errors, and takes no rubbish for a row', () => {
    const loop = new SmiLoop();
    expect(loop.line('NVIDIA-SMI has failed because it couldn’t communicate with the NVIDIA driver.', 0).kind).toBe(
      'error',
    );
    expect(loop.line('1, 2, 3', 0).kind).toBe('nothing');
  });
});

describe('a sentence in place of the rows of nvidia-smi', () => {
  const gpu = (index: number, busId: string): DeviceFacts => ({
    ...bareFacts(wholeGpu({ uuid: `GPU-0000000${index}`, index })),
    busId,
  });
  const two = [gpu(0, '00000000:07:00.0'), gpu(1, '00000001:0B:00.0')];
  const uuids = (sentence: string, devices = two): readonly string[] =>
    lostSamples({ sentence, reason: 'gpu_lost' }, devices, 3).map(({ device }) => device.uuid);

  test('says which GPU is lost by its place on the bus, or of the only one there is', () => {
    expect(uuids('Unable to determine the device handle for GPU 0000:07:00.0: GPU is lost.')).toEqual(['GPU-00000000']);
    expect(uuids('Unable to determine the device handle for GPU0000:07:00.0: GPU is lost.')).toEqual(['GPU-00000000']);
    expect(uuids('Unable to determine the device handle for GPU1: 0001:0b:00.0: Unknown Error')).toEqual([
      'GPU-00000001',
    ]);
    expect(uuids('GPU is lost. Reboot the system to recover this GPU', two.slice(0, 1))).toEqual(['GPU-00000000']);
    const [sample] = lostSamples({ sentence: 'GPU is lost', reason: 'gpu_lost' }, two.slice(1), 3);
    expect(sample).toMatchObject({ source: 'nvidia-smi', atNs: 3 });
    expect(sample?.readings['power.draw']).toEqual({ kind: 'missing', reason: 'gpu_lost' });
  });

  test('blames none where it does not tell which, or says something else', () => {
    expect(uuids('GPU is lost. Reboot the system to recover this GPU')).toEqual([]);
    expect(uuids('Unable to determine the device handle for GPU 0000:0C:00.0: GPU is lost.')).toEqual([]);
    expect(lostSamples({ sentence: 'NVIDIA-SMI has failed', reason: 'not_collected' }, two, 3)).toEqual([]);
  });
});

describe('the loop of processes of nvidia-smi', () => {
  const HEADER_OF_APPS = 'gpu_uuid, pid, process_name, used_gpu_memory [MiB]';
  const app = (pid: number): string => `GPU-0000-0000, ${pid}, /opt/a, b, ${pid} MiB`;
  const pids = (told: ToldApps, atNs: number) => told.at(atNs)?.map(({ pid }) => pid);

  test('tells who computes in its last round, and nobody when no round has come for two of them', () => {
    const told = new ToldApps();
    expect(told.at(0)).toBeNull();
    told.hear(HEADER_OF_APPS, 0);
    expect(told.at(1e6)).toEqual([]);
    for (const pid of [7, 8]) told.hear(app(pid), 1e6 * pid);
    expect(told.at(1e9)).toMatchObject([
      { device: 'GPU-0000-0000', pid: 7, name: '/opt/a, b', usedBytes: { value: 7 * 2 ** 20 } },
      { pid: 8 },
    ]);
    expect(told.at(2e9)).toBe(told.at(1e9));
    told.hear(app(8), 1e9);
    expect(pids(told, 1e9)).toEqual([8]);
    expect(pids(told, 3.4e9)).toEqual([8]);
    expect(pids(told, 3.6e9)).toEqual([]);
  });

  test('takes no other line for a process', () => {
    const told = new ToldApps();
    for (const line of [app(7), HEADER_OF_APPS, '', 'No running processes found']) told.hear(line, 0);
    expect(told.at(0)).toEqual([]);
  });
});

test('the true interval of an exporter is found from when its values change', () => {
  const changes = new ChangeInterval();
  const fresh = [];
  for (let at = 0; at <= 40; at++) fresh.push(changes.changed(`${Math.floor(at / 8)}`, at * 1e9));
  expect(fresh.filter(Boolean)).toHaveLength(6);
  expect(changes.intervalNs).toBe(8e9);
});

test('amd-smi is read by its own units, and what it does not tell is missing', () => {
  const list = readAmdList('[{"gpu": 0, "bdf": "0000:05:00.0", "uuid": "11ff74b5-0000-1000-8000-000000000001"}]');
  const text = JSON.stringify({
    gpu_data: [
      {
        gpu: 0,
        usage: { gfx_activity: { value: 47, unit: '%' }, umc_activity: 'N/A' },
        power: { socket_power: { value: 239, unit: 'W' } },
        clock: { gfx_0: { clk: { value: 2100, unit: 'MHz' } } },
        temperature: { hotspot: { value: 36, unit: 'C' }, mem: 41 },
        mem_usage: { total_vram: { value: 294896, unit: 'MB' } },
        energy: { total_energy_consumption: { value: 12345.5, unit: 'J' } },
      },
    ],
  });
  const [sample] = readAmdSmi(text, 7, new Map([...list].map(([index, { device }]) => [index, device]))) ?? [];
  expect(sample?.device.uuid).toBe('GPU-11ff74b5-0000-1000-8000-000000000001');
  expect(sample?.readings).toEqual({
    'power.draw': { kind: 'number', value: 239 },
    energy: { kind: 'number', value: 12345.5 },
    'clock.sm': { kind: 'number', value: 2100 },
    'temperature.gpu': { kind: 'number', value: 36 },
    'temperature.memory': { kind: 'missing', reason: 'parse_error' },
    'utilization.gpu': { kind: 'number', value: 0.47 },
    'utilization.memory': { kind: 'missing', reason: 'not_supported' },
    'memory.total': { kind: 'number', value: 294896 * 2 ** 20 },
  });
  expect(readAmdSmi('not json', 0, new Map())).toBeNull();
});
