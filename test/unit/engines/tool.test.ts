import { execFile } from 'node:child_process';
import { expect, test } from 'vitest';
import { toolCaller } from '../../../src/engines/tool.ts';

const call = toolCaller(execFile, process.env, 5_000);

test('a tool answers with what it wrote, and reads what it is given', async () => {
  expect(await call('/bin/sh', ['-c', 'cat; echo aside >&2'], 'hello')).toEqual({
    kind: 'answered',
    stdout: 'hello',
    stderr: 'aside\n',
  });
});

test('a tool that refuses is quoted, one that says nothing is told by its exit code', async () => {
  expect(await call('/bin/sh', ['-c', 'echo; echo no such partition >&2; exit 1'])).toEqual({
    kind: 'refused',
    why: 'no such partition',
  });
  expect(await call('/bin/sh', ['-c', 'exit 3'])).toEqual({ kind: 'refused', why: '/bin/sh ended with exit code 3' });
});

test('a tool that is not there is missing', async () => {
  expect(await call('loadcell-no-such-tool', [])).toEqual({
    kind: 'missing',
    why: 'loadcell-no-such-tool is not on the PATH of this machine',
  });
});

test('a tool that does not answer in time is silent, also when its child holds its output', async () => {
  const impatient = toolCaller(execFile, process.env, 200);
  expect(await impatient('/bin/sh', ['-c', 'sleep 3 & sleep 3'])).toEqual({
    kind: 'silent',
    why: '/bin/sh gave no answer within 0.2 s',
  });
});
