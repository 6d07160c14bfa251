import { expect, test } from 'vitest';
import { defaultGatePolicy } from '../../../../src/campaign/gate-schema.ts';
import { gateCourse } from '../../../../src/verdict/gate/gate-course.ts';
import { acksOn, consequenceOf } from '../../../../src/verdict/gate/result.ts';
import { drawnPairs, question } from '../../../support/gate-pairs.ts';

const policy = { ...defaultGatePolicy(), confirm: 'repeat' } as const;
const look = (pairs: ReturnType<typeof drawnPairs>) => ({ purpose: 'look', pairs }) as const;

test('a gate begins with the pairs of its first look', () => {
  expect(gateCourse(question(), [])).toEqual({ kind: 'run', stage: { purpose: 'look', pairs: 8 } });
});

test('where the first look does not tell, the second runs what is missing', () => {
  const pairs = drawnPairs(8, { a: 1.04, b: 1 }, { spread: 0.02, name: 'n2' });
  expect(gateCourse(question(), [look(pairs)])).toEqual({ kind: 'run', stage: { purpose: 'look', pairs: 8 } });
});

test('a fail is decided at once, or repeated when the policy says so, and once only', () => {
  const failing = look(drawnPairs(8, { a: 1.2, b: 1 }));
  expect(gateCourse(question(), [failing])).toMatchObject({ kind: 'decided', step: { kind: 'fail' } });
  const repeated = question({ policy });
  expect(gateCourse(repeated, [failing])).toEqual({ kind: 'run', stage: { purpose: 'confirm', pairs: 8 } });
  const again = { purpose: 'confirm', pairs: drawnPairs(8, { a: 1, b: 1 }, { name: 'again' }) } as const;
  expect(gateCourse(repeated, [failing, again])).toMatchObject({ kind: 'decided', step: { kind: 'inconclusive' } });
});

test('an acknowledgement holds through its last day and is told of afterwards', () => {
  const acked = {
    ...policy,
    acks: [{ metric: 'response.p95', cell: null, until: '2026-12-31', reason: 'x' }],
  } as const;
  expect(acksOn(acked, '2026-12-31')).toMatchObject({ acks: [{ reason: 'x' }], expired: [] });
  expect(acksOn(acked, '2027-01-01')).toMatchObject({ acks: [], expired: [{ code: 'acknowledgement-expired' }] });
});

test('a fail always blocks; what else is tolerated hangs on the event', () => {
  expect(consequenceOf('fail', 'pr', policy)).toEqual({ exitCode: 10, tolerated: false });
  expect(consequenceOf('inconclusive', 'pr', policy)).toEqual({ exitCode: 0, tolerated: true });
  expect(consequenceOf('inconclusive', 'nightly', policy)).toEqual({ exitCode: 12, tolerated: false });
  expect(consequenceOf('invalid', 'pr', policy)).toEqual({ exitCode: 13, tolerated: false });
  expect(consequenceOf('no-baseline', 'nightly', policy)).toEqual({ exitCode: 0, tolerated: true });
  expect(consequenceOf('no-baseline', 'release', policy)).toEqual({ exitCode: 14, tolerated: false });
});
