import type { Recording } from './recording.ts';
import { type SmiDialect, type SmiProcess, smiRecording } from './smi-gpu.ts';
import type { SmiLayout } from './smi-layout.ts';
import { linesOf } from './text-lines.ts';
import { toolError } from './tool-error.ts';
import { childrenNamed, partAt, type Tree, textAt } from './tree.ts';

const reasons = (word: 'Event' | 'Throttle'): SmiLayout['events'][number] => ({
  parent: `Clocks ${word} Reasons`,
  bits: {
    gpuIdle: 'Idle',
    applicationClocks: 'Applications Clocks Setting',
    powerCap: 'SW Power Cap',
    hardwareSlowdown: 'HW Slowdown',
    syncBoost: 'Sync Boost',
    thermalSoftware: 'SW Thermal Slowdown',
    thermalHardware: 'HW Slowdown/HW Thermal Slowdown',
    powerBrake: 'HW Slowdown/HW Power Brake Slowdown',
    displayClocks: 'Display Clock Setting',
  },
});

const power = (...names: readonly string[]): readonly string[] =>
  names.flatMap((name) => [`GPU Power Readings/${name}`, `Power Readings/${name}`]);
const counter = (name: string) => ({ unit: 'us', paths: [`Clocks Event Reasons Counters/${name}`] });

/** Labels of drivers 450 to 595. */
const GPU: SmiLayout = {
  readings: {
    'power.draw': { unit: 'W', paths: power('Power Draw') },
    'power.instant': { unit: 'W', paths: power('Instantaneous Power Draw') },
    'power.average': { unit: 'W', paths: power('Average Power Draw') },
    'power.limit': { unit: 'W', paths: power('Current Power Limit', 'Enforced Power Limit') },
    'clock.sm': { unit: 'MHz', paths: ['Clocks/SM'] },
    'clock.memory': { unit: 'MHz', paths: ['Clocks/Memory'] },
    'clock.smLimit': { unit: 'MHz', paths: ['Max Clocks/SM'] },
    'temperature.gpu': { unit: 'C', paths: ['Temperature/GPU Current Temp'] },
    'temperature.memory': { unit: 'C', paths: ['Temperature/Memory Current Temp'] },
    'utilization.gpu': { unit: '%', paths: ['Utilization/GPU', 'Utilization/Gpu'] },
    'utilization.memory': { unit: '%', paths: ['Utilization/Memory'] },
    'memory.used': { unit: 'MiB', paths: ['FB Memory Usage/Used'] },
    'memory.total': { unit: 'MiB', paths: ['FB Memory Usage/Total'] },
    'pcie.sent': { unit: 'KB/s', paths: ['PCI/Tx Throughput'] },
    'pcie.received': { unit: 'KB/s', paths: ['PCI/Rx Throughput'] },
    'throttled.powerCap': counter('SW Power Capping'),
    'throttled.syncBoost': counter('Sync Boost'),
    'throttled.thermalSoftware': counter('SW Thermal Slowdown'),
    'throttled.thermalHardware': counter('HW Thermal Slowdown'),
    'throttled.powerBrake': counter('HW Power Braking'),
    'remapped.corrected': { unit: 'count', paths: ['Remapped Rows/Correctable Error'] },
    'remapped.uncorrected': { unit: 'count', paths: ['Remapped Rows/Uncorrectable Error'] },
  },
  sums: {
    'ecc.uncorrected': [
      ['ECC Errors/Volatile/Double Bit/Total'],
      ['ECC Errors/Volatile/SRAM Uncorrectable', 'ECC Errors/Volatile/DRAM Uncorrectable'],
      [
        'ECC Errors/Volatile/SRAM Uncorrectable Parity',
        'ECC Errors/Volatile/SRAM Uncorrectable SEC-DED',
        'ECC Errors/Volatile/DRAM Uncorrectable',
      ],
    ],
    'ecc.corrected': [
      ['ECC Errors/Volatile/Single Bit/Total'],
      ['ECC Errors/Volatile/SRAM Correctable', 'ECC Errors/Volatile/DRAM Correctable'],
    ],
  },
  events: [reasons('Event'), reasons('Throttle')],
  limits: {
    requested: power('Requested Power Limit', 'Power Limit'),
    default: power('Default Power Limit'),
    min: power('Min Power Limit'),
    max: power('Max Power Limit'),
  },
  clocks: { highest: ['Max Clocks/SM'], application: ['Applications Clocks/Graphics'] },
};

const MIG: SmiLayout = {
  readings: {
    'memory.used': { unit: 'MiB', paths: ['Shared FB Memory Usage/Used', 'FB Memory Usage/Used'] },
    'memory.total': { unit: 'MiB', paths: ['Shared FB Memory Usage/Total', 'FB Memory Usage/Total'] },
  },
  sums: {},
  events: [],
  limits: { requested: [], default: [], min: [], max: [] },
  clocks: { highest: [], application: [] },
};

const DIALECT: SmiDialect = {
  format: 'nvidia-smi-text',
  source: 'nvidia-smi',
  gpu: GPU,
  mig: MIG,
  facts: {
    uuid: ['GPU UUID'],
    name: ['Product Name'],
    busId: ['PCI/Bus Id'],
    architecture: ['Product Architecture'],
    vbios: ['VBIOS Version'],
    persistence: ['Persistence Mode'],
    computeMode: ['Compute Mode'],
    migMode: ['MIG Mode/Current'],
    eccMode: ['ECC Mode/Current', 'Ecc Mode/Current'],
  },
  head: { driver: 'Driver Version', cuda: 'CUDA Version', time: 'Timestamp', attached: 'Attached GPUs' },
  migs: (gpu) =>
    childrenNamed(gpu, 'MIG Device').map((tree) => ({
      tree,
      index: textAt(tree, ['Index']),
      gpuInstance: textAt(tree, ['GPU Instance ID']),
      computeInstance: textAt(tree, ['Compute Instance ID']),
    })),
  processes: (gpu) => processesUnder(partAt(gpu, 'Processes')),
};

/** Instance and process stand beside each other here: the instance is that of the process that follows. */
function processesUnder(list: Tree | undefined): readonly SmiProcess[] {
  let instance: Pick<SmiProcess, 'gpuInstance' | 'computeInstance'> = {
    gpuInstance: undefined,
    computeInstance: undefined,
  };
  const processes: SmiProcess[] = [];
  for (const part of list?.children ?? []) {
    if (/^GPU instance ID$/i.test(part.name)) instance = { gpuInstance: part.text, computeInstance: undefined };
    if (/^Compute instance ID$/i.test(part.name)) instance = { ...instance, computeInstance: part.text };
    if (part.name === 'Process ID') {
      processes.push({
        pid: part.text,
        type: textAt(part, ['Type']),
        name: textAt(part, ['Name']),
        used: textAt(part, ['Used GPU Memory']),
        ...instance,
      });
    }
  }
  return processes;
}

const GPU_HEADING = /^GPU [0-9A-Fa-f]{4,8}:[0-9A-Fa-f]{2}:[0-9A-Fa-f]{2}\.[0-9A-Fa-f]$/;

/** Reads `nvidia-smi -q`: names indented by level, each with a value, or with more names below it. */
export function readSmiText(text: string): Recording {
  const lines = linesOf(text);
  const errors = lines.flatMap((line) => toolError(line) ?? []);
  const root = treeOf(lines.filter((line) => toolError(line) === null));
  const gpus = root.children.filter(({ name }) => GPU_HEADING.test(name));
  const recording = smiRecording(root, gpus, DIALECT);
  return { ...recording, findings: [...errors, ...recording.findings] };
}

interface Growing {
  readonly name: string;
  readonly text: string;
  readonly children: Growing[];
  readonly indent: number;
}

/** No level of the tool's output is deeper. */
const DEPTH = 20;

function treeOf(lines: readonly string[]): Tree {
  const root: Growing = { name: '', text: '', children: [], indent: -1 };
  const path: Growing[] = [root];
  for (const line of lines) {
    const words = line.trim();
    if (words === '' || words.startsWith('===')) continue;
    const part = partOf(line, words);
    while ((path.at(-1)?.indent ?? -1) >= part.indent) path.pop();
    if (path.length > DEPTH) continue;
    path.at(-1)?.children.push(part);
    path.push(part);
  }
  return root;
}

function partOf(line: string, words: string): Growing {
  const indent = line.length - line.trimStart().length;
  const at = words.endsWith(' :') ? words.length - 2 : words.indexOf(' : ');
  const name = at < 0 ? words : words.slice(0, at).trimEnd();
  return { name, text: at < 0 ? '' : words.slice(at + 2).trim(), children: [], indent };
}
