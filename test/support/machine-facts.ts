import type { GpuLook } from '../../src/agent/gpu-look.ts';
import type { MachineFacts } from '../../src/cli/doctor/judge-machine.ts';
import { bareFacts } from '../../src/gpu/recorded/recording.ts';
import type { SourceName } from '../../src/gpu/sample.ts';
import { ns } from '../../src/time/ns.ts';
import { GPU } from './observed.ts';

const folder = (path: string) => ({ path, problem: null, freeBytes: 50 * 2 ** 30 });

/** A look that sees one GPU by this source; `none`: none at all. `strangers`: processes of others on it. */
export const gpusSeen = (name: SourceName, strangers: readonly number[] = []): GpuLook => ({
  kind: 'seen',
  inventory: {
    driver: '550.54.15',
    cuda: '12.4',
    devices: name === 'none' ? [] : [bareFacts(GPU)],
    sources: [{ name, fault: null }],
    refused: name === 'nvml' ? [] : ['libnvidia-ml.so.1 cannot be loaded: cannot open shared object file'],
    untold: {},
    perNode: name === 'none' ? [] : [1],
  },
  block: {
    fromNs: 0,
    toNs: 1e6,
    samples: [],
    processes: {
      atNs: 1e6,
      rows: strangers.map((pid) => ({ device: GPU.uuid, pid, name: '', usedBytes: null, standing: 'foreign' })),
    },
    cost: null,
    inventoryJson: '',
    pages: [],
    exporters: [],
  },
});

/** A quiet machine on which everything is there and right. */
export const SOUND_MACHINE: MachineFacts = {
  runtime: {
    node: '26.10.0',
    onnxruntime: '1.30.0',
    report: { kind: 'loaded', version: '1.30.0', providers: [{ name: 'cpu', problem: null }] },
    hasGpu: false,
  },
  processor: {
    cpu: {
      model: 'A processor',
      architecture: 'x64',
      logical: 8,
      available: 8,
      physical: 4,
      governor: 'performance',
      numaNodes: 1,
    },
    isVirtual: false,
    governors: Array<string>(8).fill('performance'),
    turbo: 'off',
    clockSource: 'tsc',
  },
  limits: {
    cpus: null,
    availableCpus: 8,
    throttledUs: 0,
    memoryBytes: 32 * 2 ** 30,
    memoryAvailableBytes: 30 * 2 ** 30,
    memoryLimitBytes: null,
    memoryUsedBytes: 2 ** 30,
    openFiles: 65_536,
  },
  network: { ports: { first: 32_768, last: 60_999 }, loopbackProblem: null },
  storage: { temporary: folder('/tmp'), results: folder('/srv/results'), cache: folder('/home/me/.cache/loadcell') },
  tools: {
    nvidiaSmi: { kind: 'answered', stdout: 'GPU 0: NVIDIA A100-SXM4-40GB (UUID: GPU-5a)\n' },
    gpus: gpusSeen('nvml'),
    hasGpuDevice: true,
    k6: { path: '/srv/loadcell/.tools/k6/k6', version: '2.2.0', output: 'loadcell' },
    sinfo: { kind: 'answered', stdout: 'slurm 24.05.1\n' },
    srun: { kind: 'answered', stdout: 'slurm 24.05.1\n' },
    kubectl: { kind: 'answered', stdout: 'Client Version: v1.32.4\nKustomize Version: v5.5.0\n' },
    kubeContext: { kind: 'answered', stdout: 'bench\n' },
  },
  noise: { steal: 0, othersBusy: 0.01, sleepLateP99Ns: ns(200_000), spin: { lost: 0.001, longestNs: ns(300_000) } },
};
