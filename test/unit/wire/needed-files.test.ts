import { expect, test } from 'vitest';
import type { HttpSpec } from '../../../src/campaign/endpoint-spec.ts';
import type { K6Spec } from '../../../src/campaign/target-spec.ts';
import { neededFiles, relocated } from '../../../src/wire/needed-files.ts';
import { fileOfPlan } from '../../support/canned-pieces.ts';
import { trialSpec } from '../../support/trial-spec.ts';

const FILES = ['ca.pem', 'script.ts', 'plan.ts', 'trace.csv', 'other.onnx'].map((name) =>
  fileOfPlan(name, `/c/${name}`),
);
const [ca, script, beside, trace] = FILES;

const k6 = {
  kind: 'k6',
  script: { name: 'script.ts', path: '/c/script.ts', sha256: script?.sha256, beside: [beside] },
  env: { URL: '/c/other.onnx' },
} as unknown as K6Spec;
const http = { kind: 'http', tls: { ca: '/c/ca.pem', certificate: null, key: null, serverName: '/c/x' } } as HttpSpec;

test('of the files of a plan a trial needs those that its target and its phases name', () => {
  expect(neededFiles(trialSpec({ target: k6 }), FILES)).toEqual([script, beside]);
  expect(neededFiles(trialSpec({ target: http }), FILES)).toEqual([ca]);
  const replay = trialSpec({ phases: [{ load: { kind: 'trace', path: '/c/trace.csv' } } as never] });
  expect(neededFiles(replay, FILES)).toEqual([trace]);
  expect(neededFiles(trialSpec(), FILES)).toEqual([]);
});

test('files are named where they lie on a node, and all else stays as it is', () => {
  const places = new Map(FILES.map(({ path }) => [path, `/node${path}`]));
  const moved = relocated(trialSpec({ target: k6 }), places, '/cache');
  expect(moved.target).toEqual({
    ...k6,
    script: { ...k6.script, path: '/node/c/script.ts', beside: [{ ...beside, path: '/node/c/plan.ts' }] },
  });
  expect(relocated(trialSpec({ target: http }), places, '/cache').target).toEqual({
    ...http,
    tls: { ...http.tls, ca: '/node/c/ca.pem' },
  });
  const plain = trialSpec();
  expect(relocated(plain, places, '/cache')).toEqual(plain);
});
