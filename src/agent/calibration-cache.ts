import { createHash } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolders } from '../models/make-folders.ts';
import { type Calibration, type CalibrationSpec, calibrationKey, type Driver } from '../wire/calibration.ts';

/**
 * Calibrations of this node, one JSON file per key, so that an unchanged node need not be measured again for a day.
 * A file that cannot be read or is not what it should be counts as none; one that cannot be written costs the next
 * run a calibration and nothing else.
 */
export class CalibrationCache {
  readonly #folder: string;
  readonly #nodeKey: string;
  readonly #nowMs: () => number;
  readonly #programOf: (driver: Driver) => Promise<string>;
  /** Taken by this process, by file. */
  readonly #own = new Map<string, Calibration>();

  /**
   * `nodeKey`: digest of what decides what the harness is worth on this node. `nowMs`: wall clock. `programOf`: which program
   * a driver runs, where that is not the harness itself; empty: it is.
   */
  constructor(
    folder: string,
    nodeKey: string,
    nowMs: () => number,
    programOf: (driver: Driver) => Promise<string> = async () => '',
  ) {
    this.#folder = folder;
    this.#nodeKey = nodeKey;
    this.#nowMs = nowMs;
    this.#programOf = programOf;
  }

  /**
   * One that was taken at most `maxAgeS` seconds ago; never one from the future, nor one of an earlier process that
   * missed a known answer: the next run on a quieter node gets another chance.
   */
  async find(spec: CalibrationSpec, maxAgeS: number): Promise<Calibration | null> {
    if (maxAgeS <= 0) return null;
    const path = await this.#path(spec);
    const found = this.#own.get(path) ?? sound(parsed(await readFile(path, 'utf8').catch(() => '')));
    if (found === null || !isFor(spec, found)) return null;
    const ageMs = this.#nowMs() - Date.parse(found.takenAt);
    return ageMs >= 0 && ageMs <= maxAgeS * 1000 ? found : null;
  }

  /** Resolves to a sentence when it could not be kept. */
  async keep(result: Calibration): Promise<string | null> {
    const path = await this.#path({ size: null, ...result });
    this.#own.set(path, result);
    const temporary = `${path}.${process.pid}.tmp`;
    try {
      await makeFolders(this.#folder);
      await writeFile(temporary, JSON.stringify(result, null, 2));
      await rename(temporary, path);
      return null;
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => {});
      return `calibration: cannot be kept in ${this.#folder}: ${error instanceof Error ? error.message : String(error)}`;
    }
  }

  async #path(spec: CalibrationSpec): Promise<string> {
    const program = await this.#programOf(spec.driver);
    const key = createHash('sha256')
      .update(`${this.#nodeKey}/${calibrationKey(spec)}${program === '' ? '' : `/${program}`}`)
      .digest('hex');
    return join(this.#folder, `${key.slice(0, 32)}.json`);
  }
}

function parsed(text: string): Calibration | null {
  try {
    const value = JSON.parse(text) as Partial<Calibration> | null;
    const whole =
      typeof value?.takenAt === 'string' &&
      typeof value.ceilingPerSecond === 'number' &&
      (value.lagMs === null || typeof value.lagMs?.p99 === 'number') &&
      Array.isArray(value.checks);
    return whole ? (value as Calibration) : null;
  } catch {
    return null;
  }
}

const sound = (found: Calibration | null): Calibration | null =>
  found?.checks.every(({ ok }) => ok) === true ? found : null;

const isFor = (spec: CalibrationSpec, found: Calibration): boolean =>
  calibrationKey({ size: null, ...found }) === calibrationKey(spec);
