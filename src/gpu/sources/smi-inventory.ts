import { readSmiXml } from '../recorded/smi-xml.ts';
import type { Inventory, SourceContext } from '../source.ts';
import { toolOutput } from './tool-lines.ts';

const WITHIN_MS = 10_000;

/**
 * What `nvidia-smi -q -x` says of the node, asked once; null: there is no such tool, it failed, or took longer than 10 s.
 * The tool is killed then.
 */
export async function smiInventory({ env }: SourceContext): Promise<Inventory | null> {
  const text = await toolOutput({ command: 'nvidia-smi', args: ['-q', '-x'], env }, WITHIN_MS);
  if (text === null || !text.includes('<nvidia_smi_log')) return null;
  const { driver, cuda, devices } = readSmiXml(text);
  return { driver, cuda, devices };
}
