import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openNpz } from '../../../../src/targets/samples/array-file.ts';
import { npzMembers } from '../../../../src/targets/samples/npz.ts';
import { temporaryFolder } from '../../../support/onnx-files.ts';
import { npy, type ZipMember, zip } from '../../../support/sample-files.ts';

const values = (count: number, rows = count): Buffer =>
  npy(
    '<f4',
    [rows, count / rows],
    Float32Array.from({ length: count }, (_, i) => i / 8),
  );

function archive(members: readonly ZipMember[]): { path: string; cache: string } {
  const folder = temporaryFolder();
  const path = join(folder, 'a.npz');
  writeFileSync(path, zip(members));
  return { path, cache: join(folder, 'cache') };
}

const sentence = async (members: readonly ZipMember[]): Promise<string> => {
  const { path, cache } = archive(members);
  return openNpz(path, 'aa', cache, () => true).then(
    () => 'no error',
    (error: unknown) => String(error),
  );
};

test('a stored array is read where it lies in the archive, a compressed one is unpacked once', async () => {
  const [plain, packed] = [values(12), values(4000)];
  const { path, cache } = archive([
    { name: 'plain.npy', content: plain, how: 'stored' },
    { name: 'notes.txt', content: Buffer.from('no array'), how: 'deflated' },
    { name: 'deep/packed.npy', content: packed, how: 'deflated' },
  ]);
  const members = await npzMembers(path, 'aa', cache);
  expect(members.map(({ name, bytes }) => [name, bytes])).toEqual([
    ['plain', plain.length],
    ['deep/packed', packed.length],
  ]);
  const [stored, unpacked] = members;
  const bytes = readFileSync(stored?.path ?? '');
  expect(bytes.subarray(stored?.base, (stored?.base ?? 0) + plain.length)).toEqual(plain);
  expect(readFileSync(unpacked?.path ?? '')).toEqual(packed);
  writeFileSync(unpacked?.path ?? '', 'kept');
  await npzMembers(path, 'aa', cache);
  expect(readFileSync(unpacked?.path ?? '', 'utf8')).toBe('kept');
  expect(readdirSync(join(cache, 'arrays'))).toEqual(['aa']);
});

test('damage is told and leaves nothing half unpacked', async () => {
  const { path, cache } = archive([{ name: 'x.npy', content: values(400), how: 'deflated' }]);
  const bytes = readFileSync(path);
  bytes[70] = (bytes[70] ?? 0) ^ 0xff;
  writeFileSync(path, bytes);
  await expect(npzMembers(path, 'aa', cache)).rejects.toThrow();
  expect(readdirSync(join(cache, 'arrays'))).toEqual([]);
  writeFileSync(path, bytes.subarray(0, 200));
  await expect(npzMembers(path, 'aa', cache)).rejects.toThrow(/central directory/i);
});

test('archives that are none, or hold what cannot be read, are refused with one sentence', async () => {
  const x = { name: 'x.npy', content: values(4), how: 'stored' } as const;
  expect(await sentence([x, x])).toContain('which is no sound archive: x.npy is in it twice');
  expect(await sentence([{ ...x, how: 'deflated', lie: { flags: 1 } }])).toContain('x.npy is encrypted');
  expect(await sentence([{ ...x, lie: { method: 12 } }])).toContain('compressed in a way that is not known');
  expect(await sentence([{ ...x, name: '../x.npy' }])).toContain('no sound archive');
  expect(await sentence([{ ...x, content: Buffer.from('not an array') }])).toContain(
    'does not begin as a NumPy array does, expected one written by np.save (a.npz, array x)',
  );
});

test('arrays of one archive hold as many samples each', async () => {
  const [a, b] = [
    { name: 'a.npy', content: values(12, 3), how: 'stored' },
    { name: 'b.npy', content: values(12, 4), how: 'stored' },
  ] as const;
  expect(await sentence([a, b])).toContain(
    'found 4 samples in a.npz, array b and 3 in a.npz, array a, expected as many in each',
  );
});
