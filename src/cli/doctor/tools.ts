import type { GpuLook } from '../../agent/gpu-look.ts';
import type { K6Program } from '../../agent/k6/program.ts';
import type { DeviceFacts } from '../../gpu/recorded/recording.ts';
import type { SourceName } from '../../gpu/sample.ts';
import { SOURCE_NAMES } from '../../gpu/source-names.ts';
import { type Check, type Finding, missing, ok, warning } from './finding.ts';
import { gpuState } from './gpu-state.ts';
import type { CommandEnd, Machine } from './machine.ts';

export interface ToolFacts {
  /** Of `nvidia-smi -L`: whether the driver's tool answers at all. */
  readonly nvidiaSmi: CommandEnd;
  /** What the sampler of a run, and `loadcell gpu`, sees. */
  readonly gpus: GpuLook;
  /** A device node of the driver's. */
  readonly hasGpuDevice: boolean;
  /** Or why there is none. */
  readonly k6: K6Program | string;
  readonly sinfo: CommandEnd;
  readonly srun: CommandEnd;
  readonly kubectl: CommandEnd;
  readonly kubeContext: CommandEnd;
}

const GPU_DEVICES = ['/dev/nvidiactl', '/dev/nvidia0', '/dev/dxg'];

/** Asks no server: only what is installed here, and how it is set up. */
export async function toolFacts(machine: Pick<Machine, 'run' | 'gpus' | 'exists' | 'k6'>): Promise<ToolFacts> {
  const { run, exists, k6 } = machine;
  const [gpuFacts, foundK6, sinfo, srun, kubectl, kubeContext] = await Promise.all([
    gpusSeen(machine),
    k6(),
    run('sinfo', ['--version']),
    run('srun', ['--version']),
    run('kubectl', ['version', '--client']),
    run('kubectl', ['config', 'current-context']),
  ]);
  return {
    ...gpuFacts,
    hasGpuDevice: GPU_DEVICES.some(exists),
    k6: foundK6,
    sinfo,
    srun,
    kubectl,
    kubeContext,
  };
}

/** A tool that hangs is asked once and waited for no second time. */
async function gpusSeen({ run, gpus }: Pick<Machine, 'run' | 'gpus'>): Promise<Pick<ToolFacts, 'nvidiaSmi' | 'gpus'>> {
  const nvidiaSmi = await run('nvidia-smi', ['-L']);
  const sources = SOURCE_NAMES.filter((name) => name !== 'nvidia-smi' || nvidiaSmi.kind === 'answered');
  return { nvidiaSmi, gpus: await gpus(sources) };
}

export const judgeTools = (facts: ToolFacts): readonly Finding[] => [
  gpus(facts),
  k6Finding(facts.k6),
  slurm(facts),
  kubernetes(facts),
];

/** Whether there is a GPU for which onnxruntime's CUDA provider would do something. */
export const hasGpu = ({ gpus, hasGpuDevice }: ToolFacts): boolean =>
  hasGpuDevice || (wholeGpus(gpus).length > 0 && readBy(gpus, 'nvml', 'nvidia-smi'));

const wholeGpus = (look: GpuLook): readonly DeviceFacts[] =>
  look.kind === 'failed' ? [] : look.inventory.devices.filter(({ device }) => device.parent === null);

const readBy = (look: GpuLook, ...names: readonly SourceName[]): boolean =>
  look.kind === 'seen' && look.inventory.sources.some(({ name }) => names.includes(name));

function gpus({ nvidiaSmi, gpus: look, hasGpuDevice }: ToolFacts): Finding {
  if (look.kind === 'seen' && wholeGpus(look).length > 0) return gpusFound(look);
  if (nvidiaSmi.kind === 'failed') {
    return warning('GPUs', `nvidia-smi: ${nvidiaSmi.why}`, 'the driver does not answer: reload it, or reboot');
  }
  if (look.kind === 'failed') {
    return warning('GPUs', `they cannot be looked at: ${look.why}`, 'see what `loadcell gpu` says');
  }
  if (hasGpuDevice) return warning('GPUs', 'a device without nvidia-smi', "install the driver's utilities");
  return missing('GPUs', 'no GPU found', 'nothing, unless a model is to run on one');
}

function gpusFound(look: Extract<GpuLook, { readonly kind: 'seen' }>): Finding {
  const { inventory, block } = look;
  const gpus = wholeGpus(look);
  const names = [...new Set(gpus.map(({ device }) => device.name ?? 'name not told'))];
  const strangers = block.processes?.rows.filter(({ standing }) => standing === 'foreign').length ?? 0;
  const { told, warnings } = gpuState(inventory, strangers);
  const found = [`${gpus.length}: ${names.join(', ')}`, ...told].join(', ');
  if (readBy(look, 'nvidia-smi') && !readBy(look, 'nvml')) {
    const why = inventory.refused[0] ?? 'libnvidia-ml.so.1 not found';
    return warning('GPUs', `${found}; ${why}`, "install the driver's libraries (libnvidia-ml)");
  }
  const [worst] = warnings;
  return worst === undefined ? ok('GPUs', found) : warning('GPUs', `${found}; ${worst.found}`, worst.advice);
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
