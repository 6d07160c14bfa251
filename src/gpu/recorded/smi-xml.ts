import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { emptyRecording, type Finding, type Recording } from './recording.ts';
import { type SmiDialect, smiRecording } from './smi-gpu.ts';
import type { SmiLayout } from './smi-layout.ts';
import { linesOf } from './text-lines.ts';
import { toolErrors } from './tool-error.ts';
import { childrenNamed, partAt, type Tree, textAt } from './tree.ts';

const reasons = (word: 'event' | 'throttle'): SmiLayout['events'][number] => {
  const name = (rest: string): string => `clocks_${word}_reason_${rest}`;
  return {
    parent: `clocks_${word}_reasons`,
    bits: {
      gpuIdle: name('gpu_idle'),
      applicationClocks: name('applications_clocks_setting'),
      powerCap: name('sw_power_cap'),
      hardwareSlowdown: name('hw_slowdown'),
      syncBoost: name('sync_boost'),
      thermalSoftware: name('sw_thermal_slowdown'),
      thermalHardware: name('hw_thermal_slowdown'),
      powerBrake: name('hw_power_brake_slowdown'),
      displayClocks: name('display_clocks_setting'),
    },
  };
};

const power = (...names: readonly string[]): readonly string[] =>
  names.flatMap((name) => [`gpu_power_readings/${name}`, `power_readings/${name}`]);
const counter = (name: string) => ({
  unit: 'us',
  paths: [`clocks_event_reasons_counters/clocks_event_reasons_counters_${name}`],
});
const NO_LIMITS = { requested: [], default: [], min: [], max: [] };
const NO_CLOCKS = { highest: [], application: [] };
const MEMORY = {
  'memory.used': { unit: 'MiB', paths: ['fb_memory_usage/used'] },
  'memory.total': { unit: 'MiB', paths: ['fb_memory_usage/total'] },
} as const;

/** Element names of schemas v10 to v13 (drivers 390 to 595): power moved in v12, its children were renamed in v13. */
const GPU: SmiLayout = {
  readings: {
    'power.draw': { unit: 'W', paths: power('power_draw') },
    'power.instant': { unit: 'W', paths: power('instant_power_draw') },
    'power.average': { unit: 'W', paths: power('average_power_draw') },
    'power.limit': { unit: 'W', paths: power('current_power_limit', 'enforced_power_limit') },
    'clock.sm': { unit: 'MHz', paths: ['clocks/sm_clock'] },
    'clock.memory': { unit: 'MHz', paths: ['clocks/mem_clock'] },
    'clock.smLimit': { unit: 'MHz', paths: ['max_clocks/sm_clock'] },
    'temperature.gpu': { unit: 'C', paths: ['temperature/gpu_temp'] },
    'temperature.memory': { unit: 'C', paths: ['temperature/memory_temp'] },
    'utilization.gpu': { unit: '%', paths: ['utilization/gpu_util'] },
    'utilization.memory': { unit: '%', paths: ['utilization/memory_util'] },
    ...MEMORY,
    'pcie.sent': { unit: 'KB/s', paths: ['pci/tx_util'] },
    'pcie.received': { unit: 'KB/s', paths: ['pci/rx_util'] },
    'throttled.powerCap': counter('sw_power_cap'),
    'throttled.syncBoost': counter('sync_boost'),
    'throttled.thermalSoftware': counter('sw_therm_slowdown'),
    'throttled.thermalHardware': counter('hw_therm_slowdown'),
    'throttled.powerBrake': counter('hw_power_brake'),
    'remapped.corrected': { unit: 'count', paths: ['remapped_rows/remapped_row_corr'] },
    'remapped.uncorrected': { unit: 'count', paths: ['remapped_rows/remapped_row_unc'] },
  },
  sums: {
    'ecc.uncorrected': [
      ['ecc_errors/volatile/double_bit/total'],
      ['ecc_errors/volatile/sram_uncorrectable', 'ecc_errors/volatile/dram_uncorrectable'],
      [
        'ecc_errors/volatile/sram_uncorrectable_parity',
        'ecc_errors/volatile/sram_uncorrectable_secded',
        'ecc_errors/volatile/dram_uncorrectable',
      ],
    ],
    'ecc.corrected': [
      ['ecc_errors/volatile/single_bit/total'],
      ['ecc_errors/volatile/sram_correctable', 'ecc_errors/volatile/dram_correctable'],
    ],
  },
  events: [reasons('event'), reasons('throttle')],
  limits: {
    requested: power('requested_power_limit', 'power_limit'),
    default: power('default_power_limit'),
    min: power('min_power_limit'),
    max: power('max_power_limit'),
  },
  clocks: { highest: ['max_clocks/sm_clock'], application: ['applications_clocks/graphics_clock'] },
};

const DIALECT: SmiDialect = {
  format: 'nvidia-smi-xml',
  source: 'nvidia-smi-xml',
  gpu: GPU,
  mig: { readings: MEMORY, sums: {}, events: [], limits: NO_LIMITS, clocks: NO_CLOCKS },
  facts: {
    uuid: ['uuid'],
    name: ['product_name'],
    busId: ['pci/pci_bus_id'],
    architecture: ['product_architecture'],
    vbios: ['vbios_version'],
    persistence: ['persistence_mode'],
    computeMode: ['compute_mode'],
    migMode: ['mig_mode/current_mig'],
    eccMode: ['ecc_mode/current_ecc'],
  },
  head: { driver: 'driver_version', cuda: 'cuda_version', time: 'timestamp', attached: 'attached_gpus' },
  migs: (gpu) =>
    childrenNamed(partAt(gpu, 'mig_devices'), 'mig_device').map((tree) => ({
      tree,
      index: textAt(tree, ['index']),
      gpuInstance: textAt(tree, ['gpu_instance_id']),
      computeInstance: textAt(tree, ['compute_instance_id']),
    })),
  processes: (gpu) =>
    childrenNamed(partAt(gpu, 'processes'), 'process_info').map((tree) => ({
      pid: textAt(tree, ['pid']),
      type: textAt(tree, ['type']),
      name: textAt(tree, ['process_name']),
      used: textAt(tree, ['used_memory']),
      gpuInstance: textAt(tree, ['gpu_instance_id']),
      computeInstance: textAt(tree, ['compute_instance_id']),
    })),
};

/**
 * Reads `nvidia-smi -q -x`. A document that is not well-formed (cut off, or spoilt in the middle) is said to be so, and
 * those of its GPUs that are whole are read all the same: never half of one.
 */
export function readSmiXml(text: string): Recording {
  const errors = toolErrors(linesOf(text));
  // What a tool wrote around the document is no part of it.
  const start = text.indexOf('<nvidia_smi_log');
  const end = text.indexOf('</nvidia_smi_log>');
  const document = text.slice(Math.max(0, start), end < 0 ? undefined : end + '</nvidia_smi_log>'.length);
  const fault = xmlFault(document);
  const recording =
    fault === null
      ? readDocument(document)
      : smiRecording({ name: '', text: '', children: [] }, wholeGpus(document), DIALECT);
  return { ...recording, findings: [...errors, ...(fault === null ? [] : [fault]), ...recording.findings] };
}

function readDocument(document: string): Recording {
  const root = xmlTrees(document).find(({ name }) => name === 'nvidia_smi_log');
  return root === undefined
    ? emptyRecording('nvidia-smi-xml')
    : smiRecording(root, childrenNamed(root, 'gpu'), DIALECT);
}

function xmlFault(document: string): Finding | null {
  const result = XMLValidator.validate(document);
  if (result === true) return null;
  const { line, msg } = result.err;
  const what = msg.replace(/[.\s]+$/, '').replace(/\s+/g, ' ');
  return {
    code: 'malformed',
    sentence: `the XML is not well-formed at its line ${line}: ${what}`,
    reason: 'parse_error',
  };
}

function wholeGpus(document: string): readonly Tree[] {
  return document
    .split(/(?=<gpu(?:\s[^<>]*)?>)/)
    .slice(1)
    .map((block) => block.slice(0, block.indexOf('</gpu>') + '</gpu>'.length))
    .filter((block) => block.endsWith('</gpu>') && XMLValidator.validate(block) === true)
    .flatMap((block) => xmlTrees(block));
}

const PARSER = { preserveOrder: true, parseTagValue: false, trimValues: true, ignoreAttributes: true } as const;

/** No output of the tool is nested deeper. */
const DEPTH = 20;

function xmlTrees(document: string): readonly Tree[] {
  return trees(new XMLParser(PARSER).parse(document), DEPTH);
}

/** The parser's nodes: `[{ name: [children] }, { '#text': words }]`. */
function trees(nodes: unknown, depth: number): readonly Tree[] {
  if (!Array.isArray(nodes) || depth === 0) return [];
  return nodes.flatMap((node: unknown) => {
    const name = keyOf(node);
    if (name === undefined || name.startsWith('?') || name === '#text') return [];
    const children = contentOf(node, name);
    return [{ name, text: words(children), children: trees(children, depth - 1) }];
  });
}

const keyOf = (node: unknown): string | undefined =>
  typeof node === 'object' && node !== null ? Object.keys(node).find((key) => key !== ':@') : undefined;

const contentOf = (node: unknown, name: string): unknown =>
  typeof node === 'object' && node !== null ? Reflect.get(node, name) : undefined;

function words(children: unknown): string {
  if (!Array.isArray(children)) return '';
  return children
    .map((child: unknown) => contentOf(child, '#text'))
    .filter((text) => typeof text === 'string')
    .join(' ')
    .trim();
}
