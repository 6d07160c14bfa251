/** Sources of GPU readings that a campaign may name. */
export const SOURCE_NAMES = ['nvml', 'dcgm', 'nvidia-smi', 'amd-smi'] as const;
export type ChosenSource = (typeof SOURCE_NAMES)[number];
