import { openNvml } from '../nvml/nvml-source.ts';
import type { Opened, Source, SourceContext } from '../source.ts';
import type { ChosenSource } from '../source-names.ts';
import { openAmdSmi } from './amd-smi.ts';
import { openDcgmExporter } from './dcgm-exporter.ts';
import { openDcgmi } from './dcgmi-dmon.ts';
import { noGpu } from './no-gpu.ts';
import { openNvidiaSmi } from './nvidia-smi.ts';

/** Which sources to open, and how often they speak, ms. */
export interface SourceRequest {
  readonly sources: readonly ChosenSource[];
  /** Pages of dcgm-exporter, of this node or others. */
  readonly dcgm: readonly string[];
  readonly fastMs: number;
  readonly activityMs: number;
}

export interface OpenSources {
  /** In order of preference; never empty. */
  readonly sources: readonly Source[];
  /** One sentence for each that could not be opened. */
  readonly refused: readonly string[];
}

/**
 * Opens what there is. Tools that print are started only where the library does not answer: two readers of one GPU cost
 * twice and tell the same. DCGM alone tells the activity of GPUs before Hopper.
 */
export async function openSources(request: SourceRequest, context: SourceContext): Promise<OpenSources> {
  const wants = (name: ChosenSource): boolean => request.sources.includes(name);
  const nvml = wants('nvml') ? openNvml(context) : null;
  const pages = wants('dcgm')
    ? await Promise.all(request.dcgm.map((url) => openDcgmExporter(context, url, request.activityMs)))
    : [];
  const hasPage = pages.some(({ kind }) => kind === 'open');
  const dcgmi = wants('dcgm') && !hasPage && lacksActivity(nvml) ? await openDcgmi(context, request.activityMs) : null;
  const smi = wants('nvidia-smi') && nvml?.kind !== 'open' ? await openNvidiaSmi(context, request.fastMs) : null;
  const opened = [nvml, ...pages, dcgmi, smi].filter((one) => one !== null);
  const amd =
    wants('amd-smi') && opened.every(({ kind }) => kind !== 'open') ? await openAmdSmi(context, request.fastMs) : null;
  return sorted(amd === null ? opened : [...opened, amd]);
}

/** GPUs are there, and their activity is not NVML's to tell. */
const lacksActivity = (nvml: Opened | null): boolean =>
  nvml?.kind === 'open' &&
  nvml.source.inventory().devices.some(({ architecture, device }) => {
    return device.parent === null && !['Hopper', 'Blackwell'].includes(architecture ?? '');
  });

function sorted(opened: readonly Opened[]): OpenSources {
  const sources = opened.flatMap((one) => (one.kind === 'open' ? [one.source] : []));
  const refused = opened.flatMap((one) => (one.kind === 'unavailable' ? [one.why] : []));
  return { sources: sources.length === 0 ? [noGpu] : sources, refused };
}
