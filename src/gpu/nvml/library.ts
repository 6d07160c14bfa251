import koffi from 'koffi';
import { numberReading, type Reading } from '../reading.ts';
import { NVML, nvmlMissing } from './return-code.ts';

/** A device of NVML: a pointer that only the library looks into. */
export type Handle = bigint;

/** Kinds of arguments: a handle, an unsigned number, memory that the call reads and writes. */
type Kind = 'handle' | 'uint' | 'memory';

const C_TYPES: Readonly<Record<Kind, string>> = { handle: 'uintptr_t', uint: 'unsigned int', memory: 'void *' };

/** What is called, with its names from the newest on: one that a driver lacks is looked for under the next. */
const FUNCTIONS = {
  init: [[], 'nvmlInit_v2', 'nvmlInit'],
  shutdown: [[], 'nvmlShutdown'],
  count: [['memory'], 'nvmlDeviceGetCount_v2', 'nvmlDeviceGetCount'],
  byIndex: [['uint', 'memory'], 'nvmlDeviceGetHandleByIndex_v2', 'nvmlDeviceGetHandleByIndex'],
  driverVersion: [['memory', 'uint'], 'nvmlSystemGetDriverVersion'],
  cudaVersion: [['memory'], 'nvmlSystemGetCudaDriverVersion_v2', 'nvmlSystemGetCudaDriverVersion'],
  name: [['handle', 'memory', 'uint'], 'nvmlDeviceGetName'],
  uuid: [['handle', 'memory', 'uint'], 'nvmlDeviceGetUUID'],
  vbios: [['handle', 'memory', 'uint'], 'nvmlDeviceGetVbiosVersion'],
  pci: [['handle', 'memory'], 'nvmlDeviceGetPciInfo_v3', 'nvmlDeviceGetPciInfo_v2', 'nvmlDeviceGetPciInfo'],
  architecture: [['handle', 'memory'], 'nvmlDeviceGetArchitecture'],
  persistence: [['handle', 'memory'], 'nvmlDeviceGetPersistenceMode'],
  computeMode: [['handle', 'memory'], 'nvmlDeviceGetComputeMode'],
  eccMode: [['handle', 'memory', 'memory'], 'nvmlDeviceGetEccMode'],
  migMode: [['handle', 'memory', 'memory'], 'nvmlDeviceGetMigMode'],
  migCount: [['handle', 'memory'], 'nvmlDeviceGetMaxMigDeviceCount'],
  migByIndex: [['handle', 'uint', 'memory'], 'nvmlDeviceGetMigDeviceHandleByIndex'],
  gpuInstance: [['handle', 'memory'], 'nvmlDeviceGetGpuInstanceId'],
  computeInstance: [['handle', 'memory'], 'nvmlDeviceGetComputeInstanceId'],
  power: [['handle', 'memory'], 'nvmlDeviceGetPowerUsage'],
  powerLimit: [['handle', 'memory'], 'nvmlDeviceGetEnforcedPowerLimit'],
  powerRequested: [['handle', 'memory'], 'nvmlDeviceGetPowerManagementLimit'],
  powerDefault: [['handle', 'memory'], 'nvmlDeviceGetPowerManagementDefaultLimit'],
  powerRange: [['handle', 'memory', 'memory'], 'nvmlDeviceGetPowerManagementLimitConstraints'],
  energy: [['handle', 'memory'], 'nvmlDeviceGetTotalEnergyConsumption'],
  clock: [['handle', 'uint', 'memory'], 'nvmlDeviceGetClockInfo'],
  clockLimit: [['handle', 'uint', 'memory'], 'nvmlDeviceGetMaxClockInfo'],
  applicationClock: [['handle', 'uint', 'memory'], 'nvmlDeviceGetApplicationsClock'],
  temperature: [['handle', 'uint', 'memory'], 'nvmlDeviceGetTemperature'],
  utilization: [['handle', 'memory'], 'nvmlDeviceGetUtilizationRates'],
  memory: [['handle', 'memory'], 'nvmlDeviceGetMemoryInfo'],
  events: [['handle', 'memory'], 'nvmlDeviceGetCurrentClocksEventReasons', 'nvmlDeviceGetCurrentClocksThrottleReasons'],
  violation: [['handle', 'uint', 'memory'], 'nvmlDeviceGetViolationStatus'],
  fields: [['handle', 'uint', 'memory'], 'nvmlDeviceGetFieldValues'],
  ecc: [['handle', 'uint', 'uint', 'memory'], 'nvmlDeviceGetTotalEccErrors'],
  remapped: [['handle', 'memory', 'memory', 'memory', 'memory'], 'nvmlDeviceGetRemappedRows'],
  processes: [
    ['handle', 'memory', 'memory'],
    'nvmlDeviceGetComputeRunningProcesses_v3',
    'nvmlDeviceGetComputeRunningProcesses_v2',
  ],
  oldProcesses: [['handle', 'memory', 'memory'], 'nvmlDeviceGetComputeRunningProcesses'],
  eventSet: [['memory'], 'nvmlEventSetCreate'],
  registerEvents: [['handle', 'uint', 'handle'], 'nvmlDeviceRegisterEvents'],
  waitEvent: [['handle', 'memory', 'uint'], 'nvmlEventSetWait_v2', 'nvmlEventSetWait'],
  gpmSupport: [['handle', 'memory'], 'nvmlGpmQueryDeviceSupport'],
  gpmAlloc: [['memory'], 'nvmlGpmSampleAlloc'],
  gpmFree: [['handle'], 'nvmlGpmSampleFree'],
  gpmGet: [['handle', 'handle'], 'nvmlGpmSampleGet'],
  gpmMigGet: [['handle', 'uint', 'handle'], 'nvmlGpmMigSampleGet'],
  gpmMetrics: [['memory'], 'nvmlGpmMetricsGet'],
} as const satisfies Readonly<Record<string, readonly [readonly Kind[], ...string[]]>>;

export type NvmlFunction = keyof typeof FUNCTIONS;
type Argument = Handle | number | Uint8Array;
type Call = (...values: readonly Argument[]) => number;

/**
 * NVML as it is declared in nvml.h, loaded into this process. Calls return its codes; one that the driver does not have
 * answers `functionNotFound`. Calls block, and a lost GPU has crashed programs inside them: only ever in a process that
 * may be killed.
 */
export class NvmlLibrary {
  readonly #functions: ReadonlyMap<NvmlFunction, Call>;
  readonly #scratch = Buffer.alloc(64);

  /** Throws where the library cannot be loaded. `path`: as `dlopen` takes it. */
  constructor(path = 'libnvidia-ml.so.1') {
    const library = koffi.load(path);
    const entries = Object.entries(FUNCTIONS) as [NvmlFunction, (typeof FUNCTIONS)[NvmlFunction]][];
    this.#functions = new Map(entries.map(([key, [kinds, ...names]]) => [key, bound(library, kinds, names)]));
  }

  call(name: NvmlFunction, ...values: readonly Argument[]): number {
    return this.#functions.get(name)?.(...values) ?? NVML.functionNotFound;
  }

  /** A handle that a call gives by its last argument; null: the call did not succeed. */
  handle(name: NvmlFunction, ...values: readonly Argument[]): Handle | null {
    const code = this.call(name, ...values, this.#scratch);
    return code === NVML.success ? this.#scratch.readBigUInt64LE(0) : null;
  }

  /** An unsigned number that a call gives by its last argument; `per`: so many of it are one of the metric's unit. */
  u32(name: NvmlFunction, per: number, ...values: readonly Argument[]): Reading {
    const code = this.call(name, ...values, this.#scratch);
    return code === NVML.success ? numberReading(this.#scratch.readUInt32LE(0) / per) : nvmlMissing(code);
  }

  u64(name: NvmlFunction, per: number, ...values: readonly Argument[]): Reading {
    const code = this.call(name, ...values, this.#scratch);
    return code === NVML.success ? numberReading(Number(this.#scratch.readBigUInt64LE(0)) / per) : nvmlMissing(code);
  }

  /** A text that a call writes; null: the call did not succeed, or it is empty. */
  text(name: NvmlFunction, ...values: readonly Argument[]): string | null {
    const memory = Buffer.alloc(96);
    if (this.call(name, ...values, memory, memory.length) !== NVML.success) return null;
    return cText(memory) || null;
  }
}

/** The characters before the first zero. */
export const cText = (memory: Buffer): string => memory.toString('utf8').replace(/\0.*$/s, '').trim();

function bound(library: ReturnType<typeof koffi.load>, kinds: readonly Kind[], names: readonly string[]): Call {
  for (const name of names) {
    try {
      return library.func(
        name,
        'int',
        kinds.map((kind) => C_TYPES[kind]),
      ) as Call;
    } catch {
      // This driver has it under an older name, or not at all.
    }
  }
  return () => NVML.functionNotFound;
}
