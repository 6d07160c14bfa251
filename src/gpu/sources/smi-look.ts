import { readSmiXml } from '../recorded/smi-xml.ts';
import type { GpuProcess } from '../sample.ts';
import type { Inventory, SourceContext } from '../source.ts';
import { toolOutput } from './tool-lines.ts';

const WITHIN_MS = 10_000;

/** What one look tells of a node. `processes`: those that compute. */
export interface SmiLook {
  readonly inventory: Inventory;
  readonly processes: readonly GpuProcess[];
}

/**
 * What `nvidia-smi -q -x` says of the node, asked once; null: there is no such tool, it failed, or took longer than 10 s.
 * The tool is killed then.
 */
export async function smiLook({ env }: SourceContext): Promise<SmiLook | null> {
  const text = await toolOutput({ command: 'nvidia-smi', args: ['-q', '-x'], env }, WITHIN_MS);
  if (text === null || !text.includes('<nvidia_smi_log')) return null;
  const { driver, cuda, devices, processes } = readSmiXml(text);
  return { inventory: { driver, cuda, devices }, processes: processes.filter(({ type }) => type !== 'graphics') };
}
