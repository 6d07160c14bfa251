import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** What only nodes with a GPU and its driver have. */
const DEVICES = ['/dev/nvidiactl', '/dev/nvidia0', '/dev/dxg', '/dev/kfd', '/proc/driver/nvidia/version'];
const TOOLS = ['nvidia-smi', 'amd-smi', 'dcgmi'];

/**
 * Whether anything says that this node may have a GPU: a sampler is started only where something does, so that no other
 * node pays for one. `exists`: whether a file is there.
 */
export function mayHaveGpu(
  env: Readonly<Record<string, string | undefined>>,
  exists: (path: string) => boolean = existsSync,
): boolean {
  const folders = (list: string | undefined): readonly string[] => list?.split(delimiter).filter(Boolean) ?? [];
  return (
    DEVICES.some(exists) ||
    folders(env.LD_LIBRARY_PATH).some((folder) => exists(join(folder, 'libnvidia-ml.so.1'))) ||
    folders(env.PATH).some((folder) => TOOLS.some((tool) => exists(join(folder, tool))))
  );
}
