import { expect, test } from 'vitest';
import {
  cgroupFolders,
  createHostSampler,
  parseCpuTicks,
  parseRss,
  parseThrottledUs,
} from '../../../src/agent/proc-stat.ts';

const stat = (user: number, idle: number, steal: number): string =>
  `cpu  ${user} 1 2 ${idle} 4 5 6 ${steal} 99 99\ncpu0 1 1 1 1 1 1 1 1 1 1\n`;

const reader = (files: Map<string, string>) => (path: string) => files.get(path) ?? null;

test('guest time is not counted twice and waiting for a disk is idle', () => {
  expect(parseCpuTicks(stat(10, 100, 7))).toEqual({ busy: 10 + 1 + 2 + 5 + 6, idle: 104, steal: 7 });
});

test('a text without the line of all processors gives no ticks', () => {
  expect(parseCpuTicks('intr 1 2 3\n')).toBeNull();
});

test('throttled time is microseconds in version 2 of cgroups and nanoseconds in version 1', () => {
  expect(parseThrottledUs('usage_usec 5\nnr_throttled 2\nthrottled_usec 1500\n')).toBe(1500);
  expect(parseThrottledUs('nr_periods 0\nthrottled_time 1500000\n')).toBe(1500);
  expect(parseThrottledUs('usage_usec 5\n')).toBeNull();
});

test('resident memory is told in bytes', () => {
  expect(parseRss('Name:\tnode\nVmRSS:\t    2048 kB\n')).toBe(2048 * 1024);
});

test('a cgroup is looked for where the process says, then at the root that a container sees', () => {
  expect(cgroupFolders('0::/user.slice/a\n', 'cpu')).toEqual(['/sys/fs/cgroup/user.slice/a', '/sys/fs/cgroup']);
  expect(cgroupFolders('4:cpu,cpuacct:/\n3:memory:/m\n', 'cpu')).toEqual(['/sys/fs/cgroup/cpu,cpuacct']);
});

test('a sample tells shares of what passed since the one before', () => {
  const files = new Map([
    ['/proc/stat', stat(100, 1000, 10)],
    ['/proc/self/cgroup', '0::/\n'],
    ['/sys/fs/cgroup/cpu.stat', 'throttled_usec 700\n'],
    ['/proc/self/status', 'VmRSS:\t1 kB\n'],
  ]);
  const sample = createHostSampler(reader(files));
  files.set('/proc/stat', stat(160, 1030, 20));
  files.set('/sys/fs/cgroup/cpu.stat', 'throttled_usec 1000\n');
  expect(sample()).toEqual({ cpu: 0.6, steal: 0.1, throttledUs: 300, rssBytes: 1024 });
  expect(sample(), 'within one tick').toEqual({ cpu: 0.6, steal: 0.1, throttledUs: 0, rssBytes: 1024 });
});

test('what cannot be read is unknown, not zero', () => {
  expect(createHostSampler(() => null)()).toEqual({ cpu: null, steal: null, throttledUs: null, rssBytes: null });
});
