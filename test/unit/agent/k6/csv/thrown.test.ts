import { expect, test } from 'vitest';
import { ExceptionLog, reasonOf } from '../../../../../src/agent/k6/csv/thrown.ts';

const LINE =
  'time="2026-07-01T10:00:00Z" level=error msg="Error: the \\"tenth\\"\\n\\tat default (file:///x.ts:3:60(7))\\n" executor=constant-vus scenario=phase_0 source=stacktrace\n';

test('an exception is found in the log, wherever the stream is cut', () => {
  const log = new ExceptionLog();
  const bytes = Buffer.from(LINE);
  const found = [...log.read(bytes.subarray(0, 70), 1n), ...log.read(bytes.subarray(70), 2n)];
  expect(found).toEqual([{ scenario: 'phase_0', atNs: 2n, code: 'Error', message: 'Error: the "tenth"' }]);
});

test('a scenario whose name is quoted is read too', () => {
  const [found] = new ExceptionLog().read(Buffer.from(LINE.replace('phase_0', '"my \\"own\\""')), 0n);
  expect(found?.scenario).toBe('my "own"');
});

test('what executors or scripts log else is none', () => {
  const others = [
    LINE.replace('level=error', 'level=warning'),
    LINE.replace(/msg="[^"]*(\\"[^"]*)*"/u, 'msg="Error while allocating unplanned VU"'),
    LINE.replace(' scenario=phase_0', ''),
    'time="x" level=error msg="console says scenario=phase_0" source=console\n',
  ];
  expect(others.flatMap((line) => new ExceptionLog().read(Buffer.from(line), 0n))).toEqual([]);
});

test('control characters that JSON has no escape for do not hide an exception', () => {
  const [found] = new ExceptionLog().read(Buffer.from(LINE.replace('the', '\\x1b\\a\\U0001f600')), 0n);
  expect(found).toMatchObject({ code: 'Error', scenario: 'phase_0' });
});

test('reasons are the class and the first line, bounded', () => {
  expect(reasonOf('Uncaught (in promise) Rejected: 429\n\tat x')).toEqual({
    code: 'Rejected',
    message: 'Rejected: 429',
  });
  expect(reasonOf('said nothing: at all')).toEqual({ code: 'exception', message: 'said nothing: at all' });
  expect(reasonOf(`E: ${'x'.repeat(500)}`).message).toHaveLength(200);
});
