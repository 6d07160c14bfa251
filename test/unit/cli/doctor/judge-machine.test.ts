import { expect, test } from 'vitest';
import { doctorText } from '../../../../src/cli/doctor/doctor-text.ts';
import { CHECKS, type Finding, sizeText, stopsRuns } from '../../../../src/cli/doctor/finding.ts';
import { judgeMachine, type MachineFacts } from '../../../../src/cli/doctor/judge-machine.ts';
import { ansi, plain } from '../../../../src/report/layout.ts';
import { gpusSeen, SOUND_MACHINE } from '../../../support/machine-facts.ts';

type Group = keyof MachineFacts;

const withFacts = <G extends Group>(group: G, changed: Partial<MachineFacts[G]>): MachineFacts => ({
  ...SOUND_MACHINE,
  [group]: { ...SOUND_MACHINE[group], ...changed },
});

/** What is not ok, as `status check`; `!` where it stops every run. */
const complaints = (facts: MachineFacts): string[] =>
  judgeMachine(facts)
    .filter(({ status }) => status !== 'ok')
    .map((finding) => `${finding.status} ${finding.check}${stopsRuns(finding) ? '!' : ''}`);

test('every check has exactly one finding, in its order', () => {
  expect(judgeMachine(SOUND_MACHINE).map(({ check }) => check)).toEqual([...CHECKS]);
});

test('a sound machine is ok throughout', () => {
  expect(complaints(SOUND_MACHINE)).toEqual([]);
});

const { processor, storage, noise } = SOUND_MACHINE;
const absent = { kind: 'absent' } as const;
const loaded = (...providers: { name: string; problem: string | null }[]) =>
  ({ kind: 'loaded', version: '1.30.0', providers }) as const;
const cpu = { name: 'cpu', problem: null };
const cuda = { name: 'cuda', problem: 'Failed to load shared library' };

test.each<[string, MachineFacts, string[]]>([
  ['Node before 24', withFacts('runtime', { node: '22.20.0' }), ['missing Node!']],
  ['Node 24', withFacts('runtime', { node: '24.0.0' }), []],
  ['no onnxruntime', withFacts('runtime', { onnxruntime: null }), ['missing onnxruntime!']],
  [
    'an onnxruntime that does not load',
    withFacts('runtime', { report: { kind: 'broken', why: 'cannot open shared object file' } }),
    ['missing onnxruntime!', 'missing providers'],
  ],
  ['an onnxruntime without cpu', withFacts('runtime', { report: loaded(cuda) }), ['missing providers!']],
  ['no GPU provider and no GPU', withFacts('runtime', { report: loaded(cpu, cuda) }), []],
  [
    'no GPU provider beside a GPU',
    withFacts('runtime', { report: loaded(cpu, cuda), hasGpu: true }),
    ['warning providers'],
  ],
  [
    'a GPU provider that loads',
    withFacts('runtime', { report: loaded(cpu, { ...cuda, problem: null }), hasGpu: true }),
    [],
  ],
  ['one CPU', withFacts('processor', { cpu: { ...processor.cpu, available: 1 } }), ['warning CPUs']],
  ['two CPUs', withFacts('processor', { cpu: { ...processor.cpu, available: 2 } }), []],
  [
    'one CPU of eight with another governor',
    withFacts('processor', { governors: [...processor.governors.slice(1), 'powersave'] }),
    ['warning governor'],
  ],
  ['a virtual machine', withFacts('processor', { governors: [], turbo: null, isVirtual: true }), []],
  ['turbo', withFacts('processor', { turbo: 'on' }), ['warning turbo']],
  ['a slow clock', withFacts('processor', { clockSource: 'hpet' }), ['warning clock source']],
  ['an unknown clock', withFacts('processor', { clockSource: null }), []],
  ['a CPU quota', withFacts('limits', { cpus: 1.5 }), ['warning CPU limit']],
  ['throttling', withFacts('limits', { throttledUs: 1 }), ['warning CPU throttling']],
  ['little memory', withFacts('limits', { memoryAvailableBytes: 2 ** 30 - 1 }), ['warning memory']],
  ['just enough memory', withFacts('limits', { memoryAvailableBytes: 2 ** 30 }), []],
  [
    'a memory limit that is nearly used',
    withFacts('limits', { memoryLimitBytes: 3 * 2 ** 30, memoryUsedBytes: 2 * 2 ** 30 + 1 }),
    ['warning memory limit'],
  ],
  ['a wide memory limit', withFacts('limits', { memoryLimitBytes: 3 * 2 ** 30, memoryUsedBytes: 2 ** 31 }), []],
  ['few files', withFacts('limits', { openFiles: 1024 }), ['warning open files']],
  ['files without end', withFacts('limits', { openFiles: Number.POSITIVE_INFINITY }), []],
  ['few ports', withFacts('network', { ports: { first: 60_000, last: 60_999 } }), ['warning ports']],
  ['no loopback', withFacts('network', { loopbackProblem: 'listen EACCES' }), ['missing loopback!']],
  [
    'a results folder that is read-only',
    withFacts('storage', { results: { ...storage.results, problem: 'EROFS: read-only file system' } }),
    ['missing results folder!'],
  ],
  [
    'a full disk',
    withFacts('storage', { temporary: { ...storage.temporary, freeBytes: 2 ** 20 } }),
    ['warning temporary folder'],
  ],
  ['no GPU', withFacts('tools', { nvidiaSmi: absent, gpus: gpusSeen('none'), hasGpuDevice: false }), ['missing GPUs']],
  ['a GPU that only its library tells of', withFacts('tools', { nvidiaSmi: absent, hasGpuDevice: false }), []],
  ['a GPU of another make', withFacts('tools', { nvidiaSmi: absent, gpus: gpusSeen('amd-smi') }), []],
  ['a device that nothing reads', withFacts('tools', { nvidiaSmi: absent, gpus: gpusSeen('none') }), ['warning GPUs']],
  ['a GPU without NVML', withFacts('tools', { gpus: gpusSeen('nvidia-smi') }), ['warning GPUs']],
  ['a GPU that others use', withFacts('tools', { gpus: gpusSeen('nvml', [4242]) }), ['warning GPUs']],
  [
    'a driver that hangs',
    withFacts('tools', {
      nvidiaSmi: { kind: 'failed', why: 'gave no answer within 5 s' },
      gpus: { kind: 'failed', why: 'no answer within 20 s' },
    }),
    ['warning GPUs'],
  ],
  [
    'a library that hangs',
    withFacts('tools', { nvidiaSmi: absent, gpus: { kind: 'failed', why: 'no answer within 20 s' } }),
    ['warning GPUs'],
  ],
  ['no k6', withFacts('tools', { k6: 'found no k6; run it' }), ['missing k6']],
  [
    'a k6 that is too old',
    withFacts('tools', { k6: '/x: found k6 0.49, expected 2.2 or newer; run it' }),
    ['warning k6'],
  ],
  ['a stock k6', withFacts('tools', { k6: { path: '/k6', version: '2.2.0', output: 'stock' } }), ['warning k6']],
  ['sinfo without srun', withFacts('tools', { srun: absent }), ['missing Slurm']],
  ['no Slurm', withFacts('tools', { sinfo: absent, srun: absent }), ['missing Slurm']],
  ['no kubectl', withFacts('tools', { kubectl: absent, kubeContext: absent }), ['missing Kubernetes']],
  [
    'kubectl without a cluster',
    withFacts('tools', { kubeContext: { kind: 'failed', why: 'current-context is not set' } }),
    ['missing Kubernetes'],
  ],
  ['steal', withFacts('noise', { steal: 0.021 }), ['warning steal']],
  ['steal that is not told', withFacts('noise', { steal: null }), ['warning steal']],
  ['a busy machine', withFacts('noise', { othersBusy: 0.21 }), ['warning other work']],
  ['late sleeps', withFacts('noise', { sleepLateP99Ns: 1_000_001 }), ['warning wake-ups']],
  ['a lost CPU', withFacts('noise', { spin: { ...noise.spin, lost: 0.021 } }), ['warning interruptions']],
  ['a long gap', withFacts('noise', { spin: { ...noise.spin, longestNs: 10_000_001 } }), ['warning interruptions']],
])('%s', (_, facts, expected) => {
  expect(complaints(facts)).toEqual(expected);
});

const shown = (facts: MachineFacts): string => {
  const node = { id: 'bench-1', os: { platform: 'linux', name: 'Debian', kernel: '6.18' }, loadcell: '0.1.0' };
  return doctorText(node, judgeMachine(facts), plain);
};

test('the page shows each finding with what to do, and says what it comes to', () => {
  expect(shown(SOUND_MACHINE)).toContain(`${CHECKS.length} ok, 0 warnings, 0 missing; nothing stops a run`);
  const page = shown(withFacts('runtime', { node: '20.1.0' }));
  expect(page).toMatch(/^missing {2}Node +20\.1\.0\n +-> install Node 24 or newer$/m);
  expect(page).toContain('1 missing; no run is possible here: Node');
  expect(page).not.toContain('\u001b');
  for (const line of shown(withFacts('tools', { k6: 'found no k6', kubeContext: absent })).split('\n')) {
    expect(line.length).toBeLessThanOrEqual(100);
  }
});

test('colours stand on the status alone', () => {
  const findings: Finding[] = [{ check: 'Node', found: '26', status: 'ok' }];
  const node = { id: 'n', os: { platform: 'linux', name: null, kernel: '6' }, loadcell: '0.1.0' };
  expect(doctorText(node, findings, ansi)).toContain('\u001b[32mok     \u001b[39m  Node  26');
});

test.each([
  [512 * 1024, '512 KiB'],
  [1.5 * 2 ** 30, '1.5 GiB'],
  [3 * 2 ** 40, '3 TiB'],
])('%d bytes read as %s', (bytes, text) => {
  expect(sizeText(bytes)).toBe(text);
});
