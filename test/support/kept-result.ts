import { createHash } from 'node:crypto';
import { manifestOf } from '../../src/coordinator/results-folder.ts';

/** As much of a complete results folder of a run that failed its objective as a command reads that ends by it. */
export function keptResult(runId: string): Readonly<Record<'benchmarks.json' | 'manifest.json', Buffer>> {
  const verdict = { kind: 'fail', exitCode: 10, reasons: [], cautions: [] };
  const benchmarks = Buffer.from(JSON.stringify({ run: { id: runId, state: 'complete' }, verdict }));
  const sha256 = createHash('sha256').update(benchmarks).digest('hex');
  const manifest = manifestOf([{ path: 'benchmarks.json', bytes: benchmarks.length, sha256 }]);
  return { 'benchmarks.json': benchmarks, 'manifest.json': Buffer.from(manifest) };
}
