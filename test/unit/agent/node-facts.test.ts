import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { comparabilityKey, gatherNodeFacts } from '../../../src/agent/node-facts.ts';
import { parseCpuMax, parseOsName } from '../../../src/agent/node-files.ts';
import { readText } from '../../../src/wire/read-text.ts';

test('a fingerprint of this node is gathered, and is the same when it is gathered again', async () => {
  const cache = mkdtempSync(join(tmpdir(), 'loadcell-facts-'));
  const first = await gatherNodeFacts(readText, cache);
  expect(first.node).toBe(process.versions.node);
  expect(first.loadcell).toMatch(/^\d+\.\d+\.\d+/);
  expect(first.onnxruntime).toMatch(/^\d+\.\d+\.\d+/);
  expect(first.cpu.logical).toBeGreaterThan(0);
  const again = await gatherNodeFacts(readText, cache);
  // What systeminformation tells may come too late for the first gathering; the key does not hang on it.
  const hardware = { cpu: { ...first.cpu, physical: again.cpu.physical }, machine: again.machine };
  expect(again).toEqual({ ...first, ...hardware });
  rmSync(cache, { recursive: true });
});

test('another processor, kernel, quota or version makes another key; a few pages of memory do not', async () => {
  const cache = mkdtempSync(join(tmpdir(), 'loadcell-facts-'));
  const { key, ...facts } = await gatherNodeFacts(readText, cache);
  rmSync(cache, { recursive: true });
  expect(comparabilityKey(facts)).toBe(key);
  const changed = [
    { ...facts, cpu: { ...facts.cpu, model: 'another' } },
    { ...facts, os: { ...facts.os, kernel: '0.0.1' } },
    { ...facts, cgroup: { ...facts.cgroup, cpus: 0.25 } },
    { ...facts, loadcell: '99.0.0' },
    { ...facts, clockSource: 'acpi_pm' },
  ];
  expect(new Set([key, ...changed.map(comparabilityKey)]).size).toBe(changed.length + 1);
  const gib = 2 ** 30;
  const at = (memoryBytes: number): string => comparabilityKey({ ...facts, memoryBytes });
  expect(at(8 * gib + 4096)).toBe(at(8 * gib));
  expect(at(16 * gib)).not.toBe(at(8 * gib));
});

test('a quota of the processor is read in both versions of cgroups', () => {
  expect(parseCpuMax('150000 100000\n')).toBe(1.5);
  expect(parseCpuMax('max 100000\n')).toBeNull();
  expect(parseCpuMax('-1 100000')).toBeNull();
  expect(parseCpuMax('')).toBeNull();
});

test('the system is named as it names itself', () => {
  expect(parseOsName('ID=debian\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n')).toBe(
    'Debian GNU/Linux 12 (bookworm)',
  );
  expect(parseOsName('PRETTY_NAME=Alpine\n')).toBe('Alpine');
  expect(parseOsName('')).toBeNull();
});
