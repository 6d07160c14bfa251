import { expect, test } from 'vitest';
import { parseGateFile } from '../../../src/campaign/gate-file.ts';
import { selfTestPolicy } from '../../../src/cli/gate/self-test.ts';

const policyOf = (text: string) => {
  const parsed = parseGateFile(text, 'gate.yaml');
  if (!parsed.ok) throw new Error('the policy was not accepted');
  return selfTestPolicy(parsed.policy);
};

test('a floor for slow targets does not hide the slowdown that is injected into a fast one', () => {
  expect(policyOf('floor: 50ms\nthreshold: 10%\n').floorMs).toBe(20);
  expect(policyOf('threshold: 10%\n').floorMs).toBe(0.1);
});

test('what is gated, acknowledged and repeated of a policy has no part in it', () => {
  const policy = policyOf('metrics: [throughput]\nconfirm: repeat\nlooks: [4]\n');
  expect(policy).toMatchObject({ metrics: [{ metric: 'response.p50' }], confirm: 'none', acks: [], looks: [4] });
});
