import { expect, test } from 'vitest';
import { Outcome } from '../../../src/stats/outcome.ts';
import { nullTarget } from '../../../src/targets/null.ts';
import { targetFor } from '../../../src/targets/registry.ts';
import { ns } from '../../../src/time/ns.ts';

const noProfiles = () => {
  throw new Error('asked for profiles without a session');
};

test('the null target answers at once, without a promise', () => {
  expect(nullTarget().infer(3)).toBe(Outcome.ok);
});

test('the registry makes the target that the plan names', async () => {
  const specs = [{ kind: 'null' }, { kind: 'sleep', law: { kind: 'constant', ns: ns(1) } }] as const;
  const names = await Promise.all(specs.map(async (spec) => (await targetFor(spec, noProfiles)).name));
  expect(names).toEqual(['null', 'sleep']);
});
