import type { MissingReason, Reading } from '../reading.ts';
import type { DeviceId, DeviceSample, GpuProcess } from '../sample.ts';

/** What a tool printed, by the option that makes it print so. */
export const FORMATS = {
  'nvidia-smi-xml': 'nvidia-smi -q -x',
  'nvidia-smi-text': 'nvidia-smi -q',
  'nvidia-smi-list': 'nvidia-smi -L',
  'nvidia-smi-query': 'nvidia-smi --query-gpu=... --format=csv',
  'nvidia-smi-apps': 'nvidia-smi --query-compute-apps=... --format=csv',
  'nvidia-smi-dmon': 'nvidia-smi dmon',
  'nvidia-smi-pmon': 'nvidia-smi pmon',
  'nvidia-smi-error': 'nvidia-smi, which could not answer',
  'dcgm-exporter': 'dcgm-exporter (/metrics)',
  'dcgm-counters': 'dcgm-exporter (list of the fields it collects)',
  'dcgmi-dmon': 'dcgmi dmon',
  capture: 'a capture: outputs of several tools in sections',
} as const satisfies Readonly<Record<string, string>>;

export type Format = keyof typeof FORMATS;

/** What a reader should know of a recording besides its readings. One sentence, with where. */
export interface Finding {
  readonly code:
    | 'tool-error'
    | 'count-mismatch'
    | 'malformed'
    | 'malformed-row'
    | 'unknown-unit'
    | 'time-backwards'
    | 'device-not-told'
    | 'duplicate'
    | 'not-read';
  readonly sentence: string;
  /** What it means for the values that are not there; null: nothing. */
  readonly reason: MissingReason | null;
}

/** What names a GPU and what it is set to; null where the tool does not tell. */
export interface DeviceFacts {
  readonly device: DeviceId;
  /** Of a MIG instance the number that its GPU gives it, by which exporters name it. */
  readonly gpuInstance: string | null;
  readonly busId: string | null;
  readonly architecture: string | null;
  readonly vbios: string | null;
  readonly persistence: string | null;
  readonly computeMode: string | null;
  readonly migMode: string | null;
  readonly eccMode: string | null;
  /** Power limits in W that are not the enforced one (a metric); a limit that the tool does not tell is absent. */
  readonly powerLimits: Readonly<Partial<Record<'requested' | 'default' | 'min' | 'max', Reading>>>;
  /** Clocks of its multiprocessors in MHz that it is held to: the highest at all, and the one set for applications. */
  readonly clockLimits: Readonly<Partial<Record<'highest' | 'application', Reading>>>;
}

/**
 * The time of a recording. `atNs` of its samples counts from `first`, the first time stamp as it is printed.
 *
 * - `utc`: the stamp says so. `local`: wall time of a place that it does not tell; no time zone is made up for it.
 */
export type RecordingTime =
  | { readonly kind: 'none' }
  | { readonly kind: 'utc' | 'local'; readonly first: string; readonly seconds: number };

/** What one recorded output of a tool holds. */
export interface Recording {
  readonly format: Format;
  readonly driver: string | null;
  readonly cuda: string | null;
  readonly time: RecordingTime;
  readonly devices: readonly DeviceFacts[];
  readonly samples: readonly DeviceSample[];
  readonly processes: readonly GpuProcess[];
  readonly findings: readonly Finding[];
}

/** A recording of which nothing is known but what it is. */
export const emptyRecording = (format: Format): Recording => ({
  format,
  driver: null,
  cuda: null,
  time: { kind: 'none' },
  devices: [],
  samples: [],
  processes: [],
  findings: [],
});

/** A device of which the tool tells nothing but who it is. */
export const bareFacts = (device: DeviceId): DeviceFacts => ({
  device,
  gpuInstance: null,
  busId: null,
  architecture: null,
  vbios: null,
  persistence: null,
  computeMode: null,
  migMode: null,
  eccMode: null,
  powerLimits: {},
  clockLimits: {},
});
