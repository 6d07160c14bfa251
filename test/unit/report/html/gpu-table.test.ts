import { expect, test } from 'vitest';
import { gpuTable } from '../../../../src/report/html/gpu-table.ts';

const a100 = {
  name: 'NVIDIA A100-SXM4-40GB',
  architecture: 'Ampere',
  persistence: 'Enabled',
  migMode: 'Disabled',
  eccMode: 'Enabled',
  powerLimitWatts: 400,
  highestClockMHz: 1410,
  instances: [],
};
const cut = { ...a100, migMode: 'Enabled', instances: ['3g.20gb', '1g.5gb'] };
const node = (devices: readonly object[]) => ({
  id: 'node-1',
  agents: ['agent-0'],
  fingerprint: { gpu: { driver: '550.54.15', cuda: '12.4', devices } },
});
const cellsOf = (text: string): readonly string[] =>
  [...text.matchAll(/<t[dh][^>]*>([^<]*)<\/t[dh]>/g)].map(([, cell = '']) => cell);

test('GPUs that are alike stand in one row, one that is set otherwise in another', () => {
  const cells = cellsOf(gpuTable([node([a100, cut, a100])]).text).slice(10);
  expect(cells).toEqual([
    ...['node-1', '2', 'NVIDIA A100-SXM4-40GB, Ampere', '550.54.15', '12.4', 'Disabled', 'Enabled', 'Enabled'],
    ...['400 W', '1410 MHz'],
    ...['node-1', '1', 'NVIDIA A100-SXM4-40GB, Ampere', '550.54.15', '12.4', 'Enabled: 3g.20gb, 1g.5gb', 'Enabled'],
    ...['Enabled', '400 W', '1410 MHz'],
  ]);
});

test('what is not told is a dash, and without GPUs there is no table', () => {
  expect(cellsOf(gpuTable([node([{}])]).text).slice(10)).toEqual([
    'node-1',
    '1',
    '-',
    '550.54.15',
    '12.4',
    ...Array(5).fill('-'),
  ]);
  expect(gpuTable([{ id: 'node-1', agents: [], fingerprint: {} }]).text).toBe('');
});
