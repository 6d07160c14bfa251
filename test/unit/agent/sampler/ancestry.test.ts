import { expect, test } from 'vitest';
import { isDeclared, isOfRun } from '../../../../src/agent/sampler/ancestry.ts';

/** A node's processes: what started each, and its arguments. */
const nodeOf =
  (processes: Readonly<Record<number, readonly [parent: number, ...argv: string[]]>>) => (path: string) => {
    const [, pid, file] = /^\/proc\/(\d+)\/(\w+)$/.exec(path) ?? [];
    const [parent, ...argv] = processes[Number(pid)] ?? [];
    if (parent === undefined) return null;
    if (file === 'cmdline') return `${argv.join('\0')}\0`;
    return file === 'comm' ? `${argv[0]?.split('/').at(-1)}\n` : `${pid} (a) b) S ${parent} 0`;
  };

const [SHELL, AGENT, RUNNER, SISTER, HERS, OTHER] = [10, 20, 21, 30, 31, 40];
const agent = (path: string): readonly string[] => ['/usr/bin/node', path, 'agent'];
const started = (shell: number) =>
  nodeOf({
    [SHELL]: [shell, 'bash'],
    [AGENT]: [SHELL, ...agent('/opt/loadcell/bin/loadcell.js')],
    [RUNNER]: [AGENT, 'node', 'runner.ts'],
    [SISTER]: [SHELL, ...agent('bin/loadcell.js')],
    [HERS]: [SISTER, 'node', 'runner.ts'],
    [OTHER]: [SHELL, 'python', 'train.py'],
    50: [1, 'python', 'serve.py'],
  });

test('what an agent and its sisters started is of the run, and nothing else that their shell did', () => {
  const read = started(1);
  expect([AGENT, RUNNER, SISTER, HERS].filter((pid) => !isOfRun(read, pid, AGENT))).toEqual([]);
  expect([OTHER, SHELL, 50, 99].filter((pid) => isOfRun(read, pid, AGENT))).toEqual([]);
});

test('agents that the system itself started answer for their own alone', () => {
  const read = nodeOf({ 20: [1, ...agent('a.js')], 21: [20, 'node'], 30: [1, ...agent('a.js')] });
  expect([20, 21, 30].map((pid) => isOfRun(read, pid, 20))).toEqual([true, true, false]);
});

test('a process is declared by its name or its file', () => {
  const read = nodeOf({ 7: [1, '/opt/tritonserver', '--model-repository=/m'] });
  expect([['tritonserver'], ['/opt/tritonserver'], ['triton'], []].map((names) => isDeclared(read, 7, names))).toEqual([
    true,
    true,
    false,
    false,
  ]);
});
