/** Everything that the doctor looks at, in the order in which it is shown. */
export const CHECKS = [
  'Node',
  'onnxruntime',
  'providers',
  'CPUs',
  'governor',
  'turbo',
  'clock source',
  'CPU limit',
  'CPU throttling',
  'memory',
  'memory limit',
  'open files',
  'ports',
  'loopback',
  'temporary folder',
  'results folder',
  'cache folder',
  'GPUs',
  'k6',
  'Slurm',
  'Kubernetes',
  'steal',
  'other work',
  'wake-ups',
  'interruptions',
] as const;

export type Check = (typeof CHECKS)[number];

/**
 * What was found of one check, in a phrase, and what to do about it. `warning`: measurements suffer, or it cannot be
 * told. `missing`: something cannot be used; `stops` says whether runs cannot be carried out at all.
 */
export type Finding = { readonly check: Check; readonly found: string } & (
  | { readonly status: 'ok' }
  | { readonly status: 'warning'; readonly advice: string }
  | { readonly status: 'missing'; readonly advice: string; readonly stops: 'runs' | 'nothing-else' }
);

export const ok = (check: Check, found: string): Finding => ({ check, found, status: 'ok' });

export const warning = (check: Check, found: string, advice: string): Finding => ({
  check,
  found,
  status: 'warning',
  advice,
});

/** Only what asks for it is held up. */
export const missing = (check: Check, found: string, advice: string): Finding => ({
  check,
  found,
  status: 'missing',
  advice,
  stops: 'nothing-else',
});

/** No run can be carried out. */
export const stopping = (check: Check, found: string, advice: string): Finding => ({
  check,
  found,
  status: 'missing',
  advice,
  stops: 'runs',
});

export const stopsRuns = (finding: Finding): boolean => finding.status === 'missing' && finding.stops === 'runs';

const KIB = 1024;
const UNITS = ['KiB', 'MiB', 'GiB', 'TiB'];

/** 512 MiB, 1.5 GiB. */
export function sizeText(bytes: number): string {
  let value = bytes / KIB;
  let unit = 0;
  while (value >= KIB && unit < UNITS.length - 1) {
    value /= KIB;
    unit++;
  }
  return `${Number(value.toPrecision(3))} ${UNITS[unit]}`;
}
