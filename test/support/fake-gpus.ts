import { fakeTools } from './fake-tool.ts';

export interface FakeGpu {
  readonly uuid: string;
  readonly name: string;
  /** MIG instances that it is cut into. */
  readonly instances?: readonly { readonly uuid: string; readonly profile: string }[];
}

/** GPUs of one model; their UUIDs are those of the NVML stub. */
export const gpusOf = (count: number, name = 'NVIDIA A100-SXM4-40GB'): readonly FakeGpu[] =>
  Array.from({ length: count }, (_, index) => ({
    uuid: `GPU-00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
    name,
  }));

/**
 * A folder to put first on PATH, in which `nvidia-smi` tells of these GPUs, whatever way it is asked. `apps`: a file with the
 * rows of processes that compute, as long as it is there.
 */
export const fakeNvidiaSmiOf = (gpus: readonly FakeGpu[], apps?: string): ReturnType<typeof fakeTools> =>
  fakeTools({ 'nvidia-smi': nvidiaSmiOf(gpus, apps) });

/** The same as a script of the shell. */
export const nvidiaSmiOf = (gpus: readonly FakeGpu[], apps = '/nowhere'): string => `
case "$*" in
  -L) cat <<'EOT'
${listed(gpus)}
EOT
  ;;
  *-q\\ -x*) cat <<'EOT'
${asXml(gpus)}
EOT
  ;;
  *--query-compute-apps*) echo 'gpu_uuid, pid, process_name, used_gpu_memory [MiB]'
    while :; do
      [ -e '${apps}' ] && cat '${apps}'
      sleep 0.6
    done ;;
  *) echo 'timestamp, index, uuid, name, power.draw [W], memory.used [MiB]'
    while :; do
${gpus.map((gpu, index) => `      echo '${row(gpu, index)}'`).join('\n')}
      case "$*" in *-lms*) sleep 0.2 ;; *) exit 0 ;; esac
    done ;;
esac`;

const listed = (gpus: readonly FakeGpu[]): string =>
  gpus
    .flatMap(({ uuid, name, instances = [] }, index) => [
      `GPU ${index}: ${name} (UUID: ${uuid})`,
      ...instances.map((one, place) => `  MIG ${one.profile}     Device  ${place}: (UUID: ${one.uuid})`),
    ])
    .join('\n');

const asXml = (gpus: readonly FakeGpu[]): string => `<?xml version="1.0" ?>
<nvidia_smi_log>
<driver_version>550.11.22</driver_version>
<cuda_version>12.4</cuda_version>
<attached_gpus>${gpus.length}</attached_gpus>
${gpus.map(gpuXml).join('\n')}
</nvidia_smi_log>`;

const gpuXml = (
  { uuid, name, instances = [] }: FakeGpu,
  index: number,
): string => `<gpu id="00000000:${index + 10}:00.0">
<product_name>${name}</product_name>
<minor_number>${index}</minor_number>
<mig_mode><current_mig>${instances.length === 0 ? 'Disabled' : 'Enabled'}</current_mig></mig_mode>
<applications_clocks><graphics_clock>1095 MHz</graphics_clock></applications_clocks>
<uuid>${uuid}</uuid>
<fb_memory_usage><total>40960 MiB</total><used>1024 MiB</used></fb_memory_usage>
</gpu>`;

const row = ({ uuid, name }: FakeGpu, index: number): string =>
  `2026/11/28 10:00:00.000, ${index}, ${uuid}, ${name}, 68.20, 1024`;
