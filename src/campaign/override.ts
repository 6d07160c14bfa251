import type { Mistake, Path } from './mistake.ts';
import { pathText } from './mistake.ts';
import { type Place, readSource, type SourceTree } from './source-tree.ts';

/** A file laid over the campaign (`--with`), with its text. */
export interface Overlay {
  readonly name: string;
  readonly text: string;
}

type Values = Readonly<Record<string, unknown>>;

/**
 * Lays an overlay over a campaign as a JSON merge patch (RFC 7396): maps merge, anything else replaces, `null` removes.
 */
export function withOverlay(base: SourceTree, overlay: Overlay): SourceTree {
  const patch = readSource(overlay.text, overlay.name);
  return {
    data: merged(base.data, patch.data),
    places: laidOver(base.places, patch.places),
    mistakes: [...base.mistakes, ...patch.mistakes],
    unreadable: base.unreadable || patch.unreadable,
  };
}

/** Changes one value (`--set path=value`); the value is read as YAML. Maps on the way are made where they are missing. */
export function withSetting(base: SourceTree, setting: string): SourceTree {
  const source = `--set ${setting}`;
  const wrong = (message: string): SourceTree => ({
    ...base,
    mistakes: [...base.mistakes, { path: '', source, line: 1, column: 1, message }],
  });
  const equals = setting.indexOf('=');
  const path = equals < 0 ? null : parsePath(setting.slice(0, equals));
  if (path === null)
    return wrong(`found ${JSON.stringify(setting)}, expected path=value, for example scenarios.load.load.rate=50/s`);
  const value = readSource(setting.slice(equals + 1), source);
  const blocked = blockedAt(base.data, path);
  if (blocked !== null)
    return wrong(
      `found a plain value at ${pathText(blocked)}, expected a map or a list that ${pathText(path)} can stand in`,
    );
  const places = new Map(base.places);
  forget(places, path);
  places.set(pathText(path), { source, line: 1, column: 1 });
  return {
    data: replaced(base.data, path, value.data),
    places,
    mistakes: [...base.mistakes, ...value.mistakes.map(atPath(path))],
    unreadable: base.unreadable || value.unreadable,
  };
}

const atPath =
  (path: Path) =>
  (mistake: Mistake): Mistake => ({ ...mistake, path: pathText(path) });

const PATH_STEP = /(?:^|\.)(?:"([^"]+)"|([^.[\]"=]+))|\[(\d+)\]/gu;

/** `scenarios.load.objectives[0]`, `targets."v1.2".onnx`; null when it is no such path. */
export function parsePath(text: string): Path | null {
  const path: (string | number)[] = [];
  let end = 0;
  for (const match of text.matchAll(PATH_STEP)) {
    if (match.index !== end) return null;
    end = match.index + match[0].length;
    const [, inQuotes, word, index] = match;
    path.push(index === undefined ? (inQuotes ?? word ?? '') : Number(index));
  }
  const usable = path.length > 0 && end === text.length && typeof path[0] === 'string' && !path.includes('__proto__');
  return usable ? path : null;
}

export const isMap = (value: unknown): value is Values =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** An entry of a map's own; undefined when there is none. */
const entryOf = (map: unknown, key: string | number): unknown =>
  isMap(map) && Object.hasOwn(map, key) ? map[key] : undefined;

function merged(base: unknown, patch: unknown): unknown {
  if (!isMap(patch)) return patch ?? base;
  const result: Record<string, unknown> = isMap(base) ? { ...base } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = merged(entryOf(result, key), value);
  }
  return result;
}

/** The patch's places, and those of the base that it leaves in force. */
function laidOver(base: ReadonlyMap<string, Place>, patch: ReadonlyMap<string, Place>): Map<string, Place> {
  const places = new Map(base);
  for (const [path, place] of patch) if (path !== '') places.set(path, place);
  return places;
}

/** The first step on the way that is neither a map nor a list with such a position; null when the way is free. */
function blockedAt(data: unknown, path: Path): Path | null {
  let value = data;
  for (const [depth, step] of path.entries()) {
    if (value === undefined || value === null) return typeof step === 'number' ? path.slice(0, depth) : null;
    if (typeof step === 'number' ? !Array.isArray(value) || step > value.length : !isMap(value))
      return path.slice(0, depth);
    value = Array.isArray(value) ? value[Number(step)] : entryOf(value, step);
  }
  return null;
}

/** The data with another value at a path; maps on the way are made where they are missing. */
export function replaced(data: unknown, path: Path, value: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return value;
  if (Array.isArray(data)) {
    const list = [...data];
    list[Number(step)] = replaced(list[Number(step)], rest, value);
    return list;
  }
  const map: Values = isMap(data) ? data : {};
  return { ...map, [step]: replaced(entryOf(map, step), rest, value) };
}

/** Places inside a value that is replaced are no longer those of anything. */
function forget(places: Map<string, Place>, path: Path): void {
  const gone = pathText(path);
  for (const known of places.keys()) {
    if (known.startsWith(`${gone}.`) || known.startsWith(`${gone}[`)) places.delete(known);
  }
}
