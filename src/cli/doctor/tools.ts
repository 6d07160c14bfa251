import type { K6Program } from '../../agent/k6/program.ts';
import { readSmiXml } from '../../gpu/recorded/smi-xml.ts';
import { type Check, type Finding, missing, ok, warning } from './finding.ts';
import { gpuState, NO_STATE } from './gpu-state.ts';
import type { CommandEnd, Machine } from './machine.ts';

export interface ToolFacts {
  readonly nvidiaSmi: CommandEnd;
  /** Of `nvidia-smi -q -x`. */
  readonly gpuInventory: CommandEnd;
  /** The driver's own files: a device node, and the library by which power and clocks are read. */
  readonly hasGpuDevice: boolean;
  readonly nvml: string | null;
  /** Or why there is none. */
  readonly k6: K6Program | string;
  readonly sinfo: CommandEnd;
  readonly srun: CommandEnd;
  readonly kubectl: CommandEnd;
  readonly kubeContext: CommandEnd;
}

const NVML = [
  '/usr/lib/x86_64-linux-gnu/libnvidia-ml.so.1',
  '/usr/lib/aarch64-linux-gnu/libnvidia-ml.so.1',
  '/usr/lib64/libnvidia-ml.so.1',
  '/usr/lib/libnvidia-ml.so.1',
  '/usr/lib/wsl/lib/libnvidia-ml.so.1',
];
const GPU_DEVICES = ['/dev/nvidiactl', '/dev/nvidia0', '/dev/dxg'];

/** Asks no server: only what is installed here, and how it is set up. */
export async function toolFacts({ run, exists, k6 }: Pick<Machine, 'run' | 'exists' | 'k6'>): Promise<ToolFacts> {
  const [nvidiaSmi, gpuInventory, foundK6, sinfo, srun, kubectl, kubeContext] = await Promise.all([
    run('nvidia-smi', ['-L']),
    run('nvidia-smi', ['-q', '-x']),
    k6(),
    run('sinfo', ['--version']),
    run('srun', ['--version']),
    run('kubectl', ['version', '--client']),
    run('kubectl', ['config', 'current-context']),
  ]);
  return {
    nvidiaSmi,
    gpuInventory,
    hasGpuDevice: GPU_DEVICES.some(exists),
    nvml: NVML.find(exists) ?? null,
    k6: foundK6,
    sinfo,
    srun,
    kubectl,
    kubeContext,
  };
}

export const judgeTools = (facts: ToolFacts): readonly Finding[] => [
  gpus(facts),
  k6Finding(facts.k6),
  slurm(facts),
  kubernetes(facts),
];

/** Names of GPUs as `nvidia-smi -L` lists them: `GPU 0: NVIDIA A100-SXM4-40GB (UUID: …)`. */
export const gpuNames = (listing: string): readonly string[] =>
  [...listing.matchAll(/^GPU \d+: (.+?)(?: \(UUID: .*\))?$/gm)].map(([, name = '']) => name);

export const hasGpu = ({ nvidiaSmi, hasGpuDevice }: ToolFacts): boolean =>
  hasGpuDevice || (nvidiaSmi.kind === 'answered' && gpuNames(nvidiaSmi.stdout).length > 0);

function gpus({ nvidiaSmi, gpuInventory, hasGpuDevice, nvml }: ToolFacts): Finding {
  const names = nvidiaSmi.kind === 'answered' ? gpuNames(nvidiaSmi.stdout) : [];
  if (names.length > 0) {
    const inventory = gpuInventory.kind === 'answered' ? gpuState(readSmiXml(gpuInventory.stdout)) : NO_STATE;
    const found = [`${names.length}: ${[...new Set(names)].join(', ')}`, ...inventory.told].join(', ');
    const [worst] = inventory.warnings;
    if (nvml !== null && worst !== undefined) return warning('GPUs', `${found}; ${worst.found}`, worst.advice);
    if (nvml !== null) return ok('GPUs', found);
    return warning('GPUs', `${found}; libnvidia-ml.so.1 not found`, "install the driver's libraries (libnvidia-ml)");
  }
  if (nvidiaSmi.kind === 'failed') {
    return warning('GPUs', `nvidia-smi: ${nvidiaSmi.why}`, 'the driver does not answer: reload it, or reboot');
  }
  if (hasGpuDevice) return warning('GPUs', 'a device without nvidia-smi', "install the driver's utilities");
  return missing('GPUs', 'no NVIDIA GPU found', 'nothing, unless a model is to run on one');
}

function k6Finding(found: K6Program | string): Finding {
  const advice = 'needed for k6 targets only: `npm run setup:k6` in the project, or LOADCELL_K6';
  if (typeof found === 'string') {
    const [what = found] = found.split('; ');
    return what.startsWith('found no k6') ? missing('k6', 'not found', advice) : warning('k6', what, advice);
  }
  const { version, output, path } = found;
  if (output === 'loadcell') return ok('k6', `${version} with loadcell's output, ${path}`);
  return warning(
    'k6',
    `a stock ${version}, ${path}`,
    'its samples come as CSV, at more cost: build one by `npm run setup:k6`',
  );
}

function tool(check: Check, end: CommandEnd, advice: string): Finding {
  switch (end.kind) {
    case 'answered':
      return ok(check, firstLine(end.stdout));
    case 'absent':
      return missing(check, 'not on PATH', advice);
    case 'failed':
      return warning(check, `does not answer: ${end.why}`, `see what the command itself says; ${advice}`);
  }
}

function slurm({ sinfo, srun }: ToolFacts): Finding {
  const advice = 'needed for `fleet.engine: slurm` only: log in to a submit node, or install slurm-client';
  return tool('Slurm', sinfo.kind === 'answered' ? srun : sinfo, advice);
}

function kubernetes({ kubectl, kubeContext }: ToolFacts): Finding {
  const client = tool(
    'Kubernetes',
    kubectl,
    'for `fleet.engine: kubernetes` only: a kubeconfig is enough to run, kubectl shows what runs',
  );
  if (client.status !== 'ok') return client;
  const context = kubeContext.kind === 'answered' ? firstLine(kubeContext.stdout) : '';
  if (context !== '') return ok('Kubernetes', `${client.found}, context ${context}`);
  return missing(
    'Kubernetes',
    `${client.found}, no cluster chosen`,
    'needed for `fleet.engine: kubernetes` only: kubectl config use-context <name>',
  );
}

const firstLine = (text: string): string => text.trim().split('\n')[0]?.trim() ?? '';
