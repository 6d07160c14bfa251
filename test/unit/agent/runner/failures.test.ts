import { expect, test } from 'vitest';
import { FailureKinds, failureClassOf } from '../../../../src/agent/runner/failure-kinds.ts';
import { FailureLog, failureKind } from '../../../../src/agent/runner/failure-log.ts';
import { OpenSecond } from '../../../../src/agent/runner/open-second.ts';
import { FAILURE_CLASSES, OUTCOME_NAMES, Outcome } from '../../../../src/stats/outcome.ts';
import { RequestFailure } from '../../../../src/targets/target.ts';

test('a request failure keeps its class and code; any other error is a fault of the target', () => {
  expect(failureKind(new RequestFailure('rejected', '429', 'slow down'))).toEqual({
    class: 'rejected',
    code: '429',
    message: 'slow down',
  });
  const refused = Object.assign(new Error('connect failed'), { code: 'ECONNREFUSED' });
  expect(failureKind(refused)).toEqual({ class: 'target-error', code: 'ECONNREFUSED', message: 'connect failed' });
  expect(failureKind(new RangeError('too far'))).toMatchObject({ class: 'target-error', code: 'RangeError' });
  expect(failureKind('gone')).toEqual({ class: 'target-error', code: 'thrown', message: 'gone' });
});

test('a kind of failure is told once and numbered ever after', () => {
  const told: [number, string][] = [];
  const log = new FailureLog((number, kind) => told.push([number, kind.code]));
  const fail = (code: string) => [log.note(new RequestFailure('wrong-output', code, 'x')), log.last];
  expect([fail('a'), fail('b'), fail('a')]).toEqual([
    [Outcome.wrongOutput, 1],
    [Outcome.wrongOutput, 2],
    [Outcome.wrongOutput, 1],
  ]);
  expect(told).toEqual([
    [1, 'a'],
    [2, 'b'],
  ]);
});

test('messages of one code that differ are one kind, told with the first of them', () => {
  const told: string[] = [];
  const log = new FailureLog((_, kind) => told.push(kind.message));
  for (let i = 0; i < 200; i++) log.note(new RequestFailure('rejected', '503', `request ${i} refused`));
  expect(log.last).toBe(1);
  expect(told).toEqual(['request 0 refused']);
  const kinds = new FailureKinds();
  for (let worker = 0; worker < 3; worker++) {
    kinds.define(worker, 1, { class: 'rejected', code: '503', message: `worker ${worker} refused` });
  }
  expect(kinds.of(2, 1, 'rejected')).toBe(kinds.of(0, 1, 'rejected'));
  expect(kinds.kind(kinds.of(2, 1, 'rejected')).message).toBe('worker 0 refused');
});

test('what a worker and the runner call further kinds is one kind', () => {
  const kinds = new FailureKinds();
  for (let i = 0; i < 70; i++) kinds.define(0, i + 1, { class: 'rejected', code: `${i}`, message: 'x' });
  kinds.define(1, 1, { class: 'rejected', code: 'further', message: 'further kinds of failure' });
  expect(kinds.of(1, 1, 'rejected')).toBe(kinds.of(0, 70, 'rejected'));
});

test('every kind beyond the sixty-fourth goes under the further ones of its class', () => {
  const told: string[] = [];
  const log = new FailureLog((_, kind) => told.push(`${kind.class}/${kind.code}`));
  for (let i = 0; i < 70; i++) log.note(new RequestFailure('rejected', `${i}`, 'x'));
  const further = log.last;
  log.note(new RequestFailure('rejected', '999', 'x'));
  expect(log.last).toBe(further);
  log.note(new RequestFailure('timeout', '70', 'x'));
  expect(log.last).not.toBe(further);
  expect(told.slice(64)).toEqual(['rejected/further', 'timeout/further']);
});

test('the same kind from two workers is one kind', () => {
  const kinds = new FailureKinds();
  const refused = { class: 'rejected', code: '429', message: 'slow down' } as const;
  expect(kinds.isDefined(0, 1)).toBe(false);
  kinds.define(0, 1, refused);
  kinds.define(1, 4, refused);
  expect(kinds.isDefined(0, 1)).toBe(true);
  expect(kinds.of(0, 1, 'rejected')).toBe(kinds.of(1, 4, 'rejected'));
  expect(kinds.kind(kinds.of(1, 4, 'rejected'))).toEqual(refused);
  expect(kinds.kind(kinds.of(0, 0, 'timeout'))).toMatchObject({ class: 'timeout', code: 'timeout' });
});

test('a second tells the commonest kinds first, and of equals the earlier', () => {
  const second = new OpenSecond(0, 1);
  for (const [kind, atNs] of [
    [1, 30],
    [2, 20],
    [3, 40],
    [3, 10],
    [4, 5],
  ] as const)
    second.countFailure(0, kind, atNs);
  expect(second.failures().map(({ kind, count, firstNs }) => [kind, count, firstNs])).toEqual([
    [3, 2, 10],
    [4, 1, 5],
    [2, 1, 20],
    [1, 1, 30],
  ]);
});

test('shed, unfinished and ok are no failures of a request', () => {
  const classes = OUTCOME_NAMES.map((_, outcome) => failureClassOf(outcome as Outcome));
  expect(classes).toEqual([null, ...FAILURE_CLASSES, null, null]);
});
