import { readFileSync } from 'node:fs';
import type { V1Job } from '@kubernetes/client-node';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { parsePositiveDuration } from '../../../../src/campaign/quantity.ts';

test('a run that is led by hand from inside a cluster ends in good order before its Job is ended', () => {
  const { spec } = parse(readFileSync('deploy/kubernetes/coordinator.yaml', 'utf8')) as V1Job;
  const pod = spec?.template.spec;
  const [deadline = ''] = pod?.containers[0]?.args?.flatMap((arg) => /^--deadline=(.+)$/.exec(arg)?.[1] ?? []) ?? [];
  const within = parsePositiveDuration(deadline);
  if (!within.ok) throw new Error(within.problem);
  const most = spec?.activeDeadlineSeconds ?? Number.POSITIVE_INFINITY;
  expect(most).toBeLessThan(Number.POSITIVE_INFINITY);
  expect(within.value / 1e9 + (pod?.terminationGracePeriodSeconds ?? 0)).toBeLessThan(most);
});
