import { expect, test } from 'vitest';
import { BUNDLE, bundleOf } from '../../../../src/cli/inside/bundle.ts';
import { insideRequest } from '../../../../src/cli/inside/request.ts';
import { jsonText } from '../../../../src/coordinator/results-folder.ts';
import type { RunRequest } from '../../../../src/coordinator/supervision.ts';
import { seconds } from '../../../../src/time/ns.ts';
import { smallCampaign, smallPlan } from '../../../support/small-plan.ts';

const [model, trace] = ['a'.repeat(64), 'b'.repeat(64)];
const files = [
  { path: '/home/me/m.onnx', sha256: model, bytes: 7 },
  { path: '/home/me/copy-of-m.onnx', sha256: model, bytes: 7 },
  { path: '/home/me/arrivals.csv', sha256: trace, bytes: 9, there: '/data/arrivals.csv' },
];
const run: RunRequest = {
  mode: 'new',
  runId: 'r',
  plan: smallPlan(undefined, { files }),
  campaignText: Buffer.from(smallCampaign),
  resultsDir: '/home/me/results',
  source: { commit: null, dirty: null, ci: null },
  listen: { host: '0.0.0.0', port: 0 },
  calibrationMaxAgeS: 0,
  deadline: null,
};

test('a bundle holds each file of the plan once, by content, but for those that nodes have, and lists all with digests', async () => {
  const bundle = await bundleOf(run, insideRequest(run, seconds(7200), { wallMs: 0, monotonic: 0n }));
  expect(bundle.files.map(({ name }) => name)).toEqual([
    BUNDLE.request,
    BUNDLE.plan,
    BUNDLE.campaign,
    `${BUNDLE.files}/${model}`,
    BUNDLE.listing,
  ]);
  const contentOf = (name: string): string => String(bundle.files.find((file) => file.name === name)?.content);
  expect(contentOf(`${BUNDLE.files}/${model}`)).toMatch(/^\/home\/me\/(copy-of-)?m\.onnx$/);
  expect(contentOf(BUNDLE.plan), 'as it will stand in the results').toBe(jsonText(run.plan));
  expect(contentOf(BUNDLE.campaign)).toBe(smallCampaign);
  const listed = JSON.parse(contentOf(BUNDLE.listing)) as { name: string; sha256: string }[];
  expect(listed.map(({ name }) => name)).toEqual(bundle.files.slice(0, -1).map(({ name }) => name));
  expect(listed.find(({ name }) => name === BUNDLE.plan)?.sha256).toMatch(/^[0-9a-f]{64}$/);
});
