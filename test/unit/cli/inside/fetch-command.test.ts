import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { fetchCommand } from '../../../../src/cli/inside/fetch-command.ts';

test('what fetches a run is what would be typed, whatever its place is called', () => {
  expect(fetchCommand('r', { engine: 'slurm', shared: '/scratch/vision/loadcell' })).toBe(
    'loadcell fetch r --engine slurm --shared /scratch/vision/loadcell',
  );
  expect(fetchCommand('r', { engine: 'slurm', shared: '/scratch/my project; x' })).toBe(
    "loadcell fetch r --engine slurm --shared '/scratch/my project; x'",
  );
  expect(fetchCommand('r', { engine: 'kubernetes', context: 'lab', namespace: 'bench' })).toBe(
    'loadcell fetch r --engine kubernetes --context lab --namespace bench',
  );
});

test('it names the folder of results that the run was given, and not the one that it would be without', () => {
  const command = (results: string): string => fetchCommand('r', { engine: 'slurm' }, results);
  expect(command('/data/nightly runs')).toBe("loadcell fetch r --engine slurm --results '/data/nightly runs'");
  expect(command(resolve('results'))).toBe('loadcell fetch r --engine slurm');
});
