import type { DeviceSample, GpuProcess } from '../sample.ts';
import { civilTime } from './civil-time.ts';
import { migInstance, told, wholeGpu, wholeNumber } from './device.ts';
import { measuredIn } from './measured.ts';
import { bareFacts, type DeviceFacts, emptyRecording, type Finding, type Format, type Recording } from './recording.ts';
import { layoutClocks, layoutLimits, layoutReadings, processType, type SmiLayout } from './smi-layout.ts';
import { type Tree, textAt } from './tree.ts';

/** A MIG instance, and a process, as an output of `-q` names their parts. */
export interface SmiMig {
  readonly tree: Tree;
  readonly index: string | undefined;
  readonly gpuInstance: string | undefined;
  readonly computeInstance: string | undefined;
}

export interface SmiProcess {
  readonly pid: string | undefined;
  readonly type: string | undefined;
  readonly name: string | undefined;
  readonly used: string | undefined;
  readonly gpuInstance: string | undefined;
  readonly computeInstance: string | undefined;
}

/** One way of printing `nvidia-smi -q`: where it keeps readings, what names a GPU, what its lists look like. */
export interface SmiDialect {
  readonly format: Format;
  readonly source: 'nvidia-smi-xml' | 'nvidia-smi';
  readonly gpu: SmiLayout;
  readonly mig: SmiLayout;
  readonly facts: Readonly<Record<'uuid' | 'name' | 'busId' | keyof PlainFacts, readonly string[]>>;
  readonly head: Readonly<Record<'driver' | 'cuda' | 'time' | 'attached', string>>;
  migs(gpu: Tree): readonly SmiMig[];
  processes(gpu: Tree): readonly SmiProcess[];
}

type PlainFacts = Pick<DeviceFacts, 'architecture' | 'vbios' | 'persistence' | 'computeMode' | 'migMode' | 'eccMode'>;

interface SmiGpu {
  readonly devices: readonly DeviceFacts[];
  readonly samples: readonly DeviceSample[];
  readonly processes: readonly GpuProcess[];
}

/** What a whole document tells. The index of a GPU is its place only where every attached GPU is described. */
export function smiRecording(root: Tree, gpus: readonly Tree[], dialect: SmiDialect): Recording {
  const stamp = textAt(root, [dialect.head.time]);
  const time = stamp === undefined ? null : civilTime(stamp);
  const attachedText = textAt(root, [dialect.head.attached]);
  const attached = wholeNumber(attachedText);
  const whole = attached === null || attached === gpus.length;
  const atNs = time === null ? null : 0;
  const read = gpus.map((gpu, place) => smiGpu(gpu, { dialect, place, index: whole ? place : null, atNs }));
  return {
    ...emptyRecording(dialect.format),
    driver: told(textAt(root, [dialect.head.driver])),
    cuda: told(textAt(root, [dialect.head.cuda])),
    time: time === null ? { kind: 'none' } : { kind: time.zone, first: (stamp ?? '').trim(), seconds: 0 },
    devices: read.flatMap(({ devices }) => devices),
    samples: read.flatMap(({ samples }) => samples),
    processes: read.flatMap(({ processes }) => processes),
    findings: [...(whole ? [] : [mismatch(attached, gpus.length)])],
  };
}

const mismatch = (attached: number | null, described: number): Finding => ({
  code: 'count-mismatch',
  sentence: `the output counts ${attached} attached GPUs and describes ${described}`,
  reason: null,
});

interface SmiPlace {
  readonly dialect: SmiDialect;
  readonly place: number;
  readonly index: number | null;
  readonly atNs: number | null;
}

function smiGpu(gpu: Tree, { dialect, place, index, atNs }: SmiPlace): SmiGpu {
  const fact = (name: keyof SmiDialect['facts']): string | null => told(textAt(gpu, dialect.facts[name]));
  const device = wholeGpu({ uuid: fact('uuid') ?? undefined, index, name: fact('name') ?? undefined, place });
  const migs = dialect.migs(gpu).map(({ tree, index: position, gpuInstance, computeInstance }) => ({
    gpuInstance: gpuInstance ?? null,
    device: migInstance(device.uuid, { index: wholeNumber(position), gpuInstance, computeInstance }),
    readings: layoutReadings(tree, dialect.mig),
  }));
  const { source } = dialect;
  return {
    devices: [
      {
        device,
        gpuInstance: null,
        busId: fact('busId'),
        architecture: fact('architecture'),
        vbios: fact('vbios'),
        persistence: fact('persistence'),
        computeMode: fact('computeMode'),
        migMode: fact('migMode'),
        eccMode: fact('eccMode'),
        powerLimits: layoutLimits(gpu, dialect.gpu),
        clockLimits: layoutClocks(gpu, dialect.gpu),
      },
      ...migs.map((mig) => ({ ...bareFacts(mig.device), gpuInstance: mig.gpuInstance })),
    ],
    samples: [
      { source, device, atNs, readings: layoutReadings(gpu, dialect.gpu) },
      ...migs.map((mig) => ({ source, device: mig.device, atNs, readings: mig.readings })),
    ],
    processes: dialect.processes(gpu).flatMap((process) => smiProcess(process, device.uuid) ?? []),
  };
}

function smiProcess(process: SmiProcess, gpu: string): GpuProcess | null {
  const pid = wholeNumber(process.pid);
  if (pid === null) return null;
  const { gpuInstance, computeInstance } = process;
  const inMig = wholeNumber(gpuInstance) !== null;
  return {
    device: inMig ? migInstance(gpu, { gpuInstance, computeInstance }).uuid : gpu,
    pid,
    name: told(process.name),
    usedBytes: measuredIn(process.used ?? 'N/A', 'bytes', 'MiB'),
    type: processType(process.type),
  };
}
