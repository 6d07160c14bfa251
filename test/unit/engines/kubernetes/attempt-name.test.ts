import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  annotationsOf,
  coordinatorAnnotations,
  handleOf,
  handleOfJob,
  jobName,
  labelsOf,
  runOfCoordinator,
  selectorOf,
} from '../../../../src/engines/kubernetes/attempt-name.ts';
import { JOB, KEY } from '../../../support/kubernetes-order.ts';

const DNS_LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const LABEL_VALUE = /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;

test('a Job’s name shows its run and attempt', () => {
  expect(jobName(KEY)).toBe(JOB);
});

test('any run has a name that pods and their numbers may bear, and labels that may be one', () => {
  const campaign = fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$/);
  fc.assert(
    fc.property(campaign, fc.nat(9999), (name, attempt) => {
      const key = { runId: `20261122T051800Z-${name}-7f3a`, attempt };
      expect(`${jobName(key)}-9999`).toMatch(DNS_LABEL);
      for (const value of Object.values(labelsOf(key, `system:serviceaccount:${name}`)))
        expect(value).toMatch(LABEL_VALUE);
    }),
  );
});

test('runs whose names differ where Kubernetes has no letters have Jobs of their own', () => {
  const [a, b, c] = ['a.b', 'a_b', 'a-b'].map((name) =>
    jobName({ runId: `20261122T051800Z-${name}-7f3a`, attempt: 1 }),
  );
  expect(new Set([a, b, c]).size).toBe(3);
  const long = 'x'.repeat(60);
  expect(jobName({ runId: `20261122T051800Z-${long}-7f3a`, attempt: 1 })).not.toBe(
    jobName({ runId: `20261122T051800Z-${long}-7f3b`, attempt: 1 }),
  );
});

test('a Job’s annotations give its handle back, and somebody else’s give none', () => {
  expect(handleOfJob(annotationsOf(KEY, [0, 1, 3]))).toEqual(handleOf(KEY, [0, 1, 3]));
  expect(handleOf(KEY, [0, 3]).members).toEqual([
    { index: 0, id: `${JOB}-0` },
    { index: 3, id: `${JOB}-1` },
  ]);
  for (const other of [undefined, {}, { ...annotationsOf(KEY, [0]), 'loadcell/places': 'x' }]) {
    expect(handleOfJob(other)).toBeNull();
  }
});

test('the run of a coordinator is one whose id is the name of a folder', () => {
  expect(runOfCoordinator(coordinatorAnnotations(KEY.runId))).toBe(KEY.runId);
  for (const other of ['', '.', '..', '../outside', '/etc', 'a/b', 'a\0b']) {
    expect(runOfCoordinator(coordinatorAnnotations(other)), JSON.stringify(other)).toBeNull();
  }
  expect(runOfCoordinator(undefined)).toBeNull();
});

test('Jobs are found by their run, and by who submitted them', () => {
  expect(selectorOf({ runId: KEY.runId })).toBe(
    'app.kubernetes.io/name=loadcell,app.kubernetes.io/component=agent,loadcell/run=20261122T051800Z-smoke-7f3a',
  );
  expect(selectorOf({ user: 'system:serviceaccount:bench:coordinator' })).toMatch(
    /,loadcell\/user=system-serviceaccount-bench-coordinator-[0-9a-f]{8}$/,
  );
});
