import { createHash } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import type { GateMetric } from '../../campaign/gate-policy.ts';
import type { NightFigure } from '../../verdict/gate/night.ts';

/** A run that is kept as a baseline. */
export interface KeptRun {
  readonly runId: string;
  readonly campaign: string;
  /** ISO 8601 UTC. */
  readonly startedAt: string;
  /** Digest of the nodes' fingerprints. */
  readonly environment: string;
  readonly verdict: string;
  readonly commit: string | null;
}

/** One night of one series: the mean over the runs of a day. */
export interface Night {
  /** `2026-11-22`, UTC. */
  readonly day: string;
  readonly log: number;
}

/** The night that an instant belongs to, UTC. */
export const dayOf = (instant: string): string => instant.slice(0, 10);
const LAST_DAY = '9999-12-31';

/** What makes nights comparable. */
export interface SeriesKey {
  readonly campaign: string;
  readonly environment: string;
  readonly cell: string;
  readonly load: string;
  readonly metric: GateMetric;
}

const VERSION = 1;

const SCHEMA = `
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS run (
  run_id TEXT PRIMARY KEY, campaign TEXT NOT NULL, started_at TEXT NOT NULL, environment TEXT NOT NULL,
  verdict TEXT NOT NULL, source_commit TEXT
) STRICT;
CREATE TABLE IF NOT EXISTS figure (
  run_id TEXT NOT NULL REFERENCES run (run_id) ON DELETE CASCADE,
  cell TEXT NOT NULL, load TEXT NOT NULL, metric TEXT NOT NULL, log_mean REAL NOT NULL, trials INTEGER NOT NULL,
  PRIMARY KEY (run_id, cell, metric)
) STRICT;
PRAGMA user_version = ${VERSION};
COMMIT;`;

/** Equal texts, equal digests: what a store compares is short. */
export const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);

/**
 * Baselines in one SQLite file that a CI job keeps between nights. Whatever it holds can be made again from the result
 * folders. Throws where the file is no such store; one that is there is only read until something is added or removed.
 */
export class HistoryStore {
  readonly #database: DatabaseSync;

  constructor(path: string) {
    this.#database = new DatabaseSync(path, { timeout: 5000 });
    try {
      this.#database.exec('PRAGMA foreign_keys = ON;');
      if (this.#count('SELECT count(*) AS found FROM sqlite_schema') === 0) this.#database.exec(SCHEMA);
      const found = this.#count('SELECT user_version AS found FROM pragma_user_version');
      if (found !== VERSION) throw new Error(`found a database of another kind (version ${found})`);
      this.#database.prepare('SELECT run_id FROM run JOIN figure USING (run_id) LIMIT 1').all();
    } catch (error) {
      this.#database.close();
      throw error;
    }
  }

  #count(sql: string): number {
    return Number(this.#database.prepare(sql).get()?.found);
  }

  /** Keeps a run whole or not at all; one that is kept already is replaced. */
  add(run: KeptRun, figures: readonly NightFigure[]): void {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      this.remove(run.runId);
      this.#database
        .prepare('INSERT INTO run VALUES (?, ?, ?, ?, ?, ?)')
        .run(run.runId, run.campaign, run.startedAt, run.environment, run.verdict, run.commit);
      const insert = this.#database.prepare('INSERT INTO figure VALUES (?, ?, ?, ?, ?, ?)');
      for (const { cell, load, metric, log, trials } of figures)
        insert.run(run.runId, cell, digestOf(load), metric, log, trials);
      this.#database.exec('COMMIT');
    } catch (error) {
      // A full disk has rolled it back already.
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }

  /** Whether there was such a run. */
  remove(runId: string): boolean {
    return this.#database.prepare('DELETE FROM run WHERE run_id = ?').run(runId).changes > 0;
  }

  /** The newest first. */
  runs(): readonly KeptRun[] {
    const rows = this.#database
      .prepare(
        'SELECT run_id AS runId, campaign, started_at AS startedAt, environment, verdict, source_commit AS "commit" FROM run ORDER BY started_at DESC, run_id DESC',
      )
      .all();
    return rows.map((row) => ({ ...row }) as unknown as KeptRun);
  }

  /** What is kept of a run. */
  figures(runId: string): readonly NightFigure[] {
    const rows = this.#database
      .prepare('SELECT cell, load, metric, log_mean AS log, trials FROM figure WHERE run_id = ? ORDER BY rowid')
      .all(runId);
    return rows.map((row) => ({ ...row }) as unknown as NightFigure);
  }

  /** The nights of a series in order, of days before `day` (null: all); runs of one day are one night. */
  nights({ campaign, environment, cell, load, metric }: SeriesKey, day: string | null): readonly Night[] {
    const rows = this.#database
      .prepare(
        `SELECT substr(started_at, 1, 10) AS day, avg(log_mean) AS log FROM figure JOIN run USING (run_id)
         WHERE campaign = ? AND environment = ? AND cell = ? AND load = ? AND metric = ?
         GROUP BY day HAVING day < ? ORDER BY day`,
      )
      .all(campaign, environment, cell, load, metric, day ?? LAST_DAY);
    return rows.map((row) => ({ ...row }) as unknown as Night);
  }

  /** How many nights of a series' figure before `day` were under other conditions: another environment, or another load. */
  nightsElsewhere({ campaign, environment, cell, load, metric }: SeriesKey, day: string): number {
    const found = this.#database
      .prepare(
        `SELECT count(DISTINCT substr(started_at, 1, 10)) AS found FROM figure JOIN run USING (run_id)
         WHERE campaign = ? AND cell = ? AND metric = ? AND (environment <> ? OR load <> ?)
         AND substr(started_at, 1, 10) < ?`,
      )
      .get(campaign, cell, metric, environment, load, day);
    return Number(found?.found);
  }

  /** Every series that has at least so many nights. */
  series(least: number): readonly SeriesKey[] {
    const rows = this.#database
      .prepare(
        `SELECT campaign, environment, cell, load, metric FROM figure JOIN run USING (run_id)
         GROUP BY campaign, environment, cell, load, metric HAVING count(DISTINCT substr(started_at, 1, 10)) >= ?
         ORDER BY campaign, cell, metric, environment, load`,
      )
      .all(least);
    return rows.map((row) => ({ ...row }) as unknown as SeriesKey);
  }

  close(): void {
    this.#database.close();
  }
}
