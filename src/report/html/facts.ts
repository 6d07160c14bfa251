/** Facts of nodes, targets and calibrations come as open records: what is not there, or of another kind, is left out. */
export type Facts = Readonly<Record<string, unknown>>;

const at = (facts: Facts, path: readonly string[]): unknown =>
  path.reduce<unknown>((value, key) => (isRecord(value) ? value[key] : undefined), facts);

export const textAt = (facts: Facts, ...path: readonly string[]): string | null => {
  const found = at(facts, path);
  return typeof found === 'string' && found !== '' ? found : null;
};

export const numberAt = (facts: Facts, ...path: readonly string[]): number | null => {
  const found = at(facts, path);
  return typeof found === 'number' && Number.isFinite(found) ? found : null;
};

export const flagAt = (facts: Facts, ...path: readonly string[]): boolean | null => {
  const found = at(facts, path);
  return typeof found === 'boolean' ? found : null;
};

export const listAt = (facts: Facts, ...path: readonly string[]): readonly Facts[] => {
  const found = at(facts, path);
  return Array.isArray(found) ? found.filter(isRecord) : [];
};

const isRecord = (value: unknown): value is Facts => typeof value === 'object' && value !== null;

/** `14.0 MB`, in powers of ten. */
export function bytesText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const step = bytes < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** step;
  return `${step === 0 ? value : value.toPrecision(3)} ${units[step] ?? ''}`;
}

/** `40 s`, `12 min`, `3 h 20 min`. */
export function ageText(seconds: number): string {
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
