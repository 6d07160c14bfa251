import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { cannedOip } from '../support/canned-grpc.ts';
import { cannedHttp } from '../support/canned-http.ts';
import { loadcell } from '../support/loadcell.ts';

interface TrialOfFile {
  readonly index: number;
  readonly attempt: number;
  readonly verdict: { readonly cautions: readonly { readonly code: string; readonly message: string }[] };
}

async function ran(campaign: string, files: Readonly<Record<string, string>> = {}) {
  const at = await mkdtemp(join(tmpdir(), 'loadcell-audit-'));
  onTestFinished(() => rm(at, { recursive: true, force: true }));
  for (const [name, content] of Object.entries({ ...files, 'campaign.yaml': campaign }))
    await writeFile(join(at, name), content);
  const run = await loadcell(['run', 'campaign.yaml', '--json'], at).ended;
  const { folder } = JSON.parse(run.stdout) as { readonly folder: string };
  return JSON.parse(readFileSync(join(folder, 'benchmarks.json'), 'utf8'));
}

/** A run over an endpoint that takes 15 ms, or 1 ms for what it has seen where it has a cache. */
async function audited(cache: 'cache' | 'no cache') {
  const seen = new Set<string>();
  const server = await cannedHttp((request, response) => {
    const path = request.url ?? '';
    const isKnown = cache === 'cache' && seen.has(path);
    seen.add(path);
    setTimeout(() => response.end('ok'), isKnown ? 1 : 15);
  });
  onTestFinished(() => server.close());
  const benchmarks = await ran(
    `name: audit
targets:
  api: { http: { url: "${server.url}/x/{{id}}", data: { csv: { file: rows.csv } }, audit: { sameSample: { pairs: 20 } } } }
scenarios: { load: { load: { rate: 20/s, for: 2s } } }
objectives: []
fleet: { agents: 2, workers: 2 }
trials: 2
warmup: 0s
`,
    { 'rows.csv': `id\n${Array.from({ length: 40 }, (_, i) => i).join('\n')}\n` },
  );
  // An attempt that was invalid on a busy machine is kept beside its repetition.
  const cautions = (benchmarks.cells[0].trials as readonly TrialOfFile[]).map(({ index, attempt, verdict }) => ({
    isFirst: index === 1 && attempt === 1,
    found: verdict.cautions.filter(({ code }) => code === 'answers-from-cache').map(({ message }) => message),
  }));
  return { repeats: benchmarks.targets.api.endpoint.repeats, cautions };
}

test('an endpoint that answers from a cache is told before the load, with a caution', async () => {
  const { repeats, cautions } = await audited('cache');
  expect(repeats).toMatchObject({ kind: 'faster-again', pairs: 20, level: 0.002 });
  expect(repeats.firstMs).toBeGreaterThan(repeats.againMs);
  // Once, by one thread of one agent, before the first trial.
  for (const { isFirst, found } of cautions) {
    expect(found).toHaveLength(isFirst ? 1 : 0);
    if (isFirst) expect(found[0]).toMatch(/^Asked again, the same sample was answered .* times as fast/);
  }
}, 120_000);

test('an endpoint without one is not', async () => {
  const { repeats, cautions } = await audited('no cache');
  expect(repeats).toMatchObject({ kind: 'nothing-found', pairs: 20 });
  expect(cautions.flatMap(({ found }) => found)).toEqual([]);
}, 120_000);

test('a model behind gRPC that answers from a cache is told too', async () => {
  const seen = new Set<string>();
  const server = await cannedOip(async (_, { request }) => {
    const asked = request.toString('latin1');
    const isKnown = seen.has(asked);
    seen.add(asked);
    await sleep(isKnown ? 1 : 15);
    return null;
  });
  onTestFinished(() => server.close());
  const benchmarks = await ran(`name: audit
targets: { model: { grpc: { address: "${server.address}", model: m, audit: { sameSample: { pairs: 20 } } } } }
scenarios: { load: { load: { rate: 20/s, for: 1s } } }
objectives: []
warmup: 0s
`);
  expect(benchmarks.targets.model.endpoint.repeats).toMatchObject({ kind: 'faster-again', pairs: 20 });
}, 120_000);
