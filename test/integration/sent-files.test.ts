import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect } from 'vitest';
import { benchmarksOf, commandLine, freshFolder, loadcell, program, type Running } from '../support/loadcell.ts';
import { tableModel } from '../support/onnx-files.ts';
import { testWith, toolIsThere } from '../support/tools.ts';

let places: string;
let node: string;
let started: Running[];

beforeEach(() => {
  places = mkdtempSync(join(tmpdir(), 'loadcell-places-'));
  node = mkdtempSync(join(tmpdir(), 'loadcell-node-'));
  started = [];
});

afterEach(async () => {
  for (const { process } of started) process.kill('SIGKILL');
  await Promise.all(started.map(({ ended }) => ended));
});

function start(running: Running): Running {
  started.push(running);
  return running;
}

/** An agent of a node that has nothing at the coordinator's `folder`, with caches of its own. `first`: what that node does before. */
function elsewhere(folder: string, first = 'true'): Running {
  const args = commandLine(['agent', '--join', places, '--files', join(node, 'files')]);
  const script = `mount -t tmpfs none "$0" && ${first} && exec "$@"`;
  return start(program(['unshare', '--mount', 'sh', '-c', script, folder, ...args], node, { XDG_CACHE_HOME: node }));
}

function coordinator(folder: string, ...args: string[]): Running {
  const listen = ['--listen', '0.0.0.0:0', '--advertise', '127.0.0.1'];
  return start(loadcell(['coordinator', 'campaign.yaml', '--join', places, ...listen, ...args], folder));
}

/** A model whose weights lie beside it, with `more` bytes of no use behind them. */
function campaignWithModel(fleet: string, more = 0): string {
  const folder = freshFolder();
  mkdirSync(join(folder, 'models'));
  writeFileSync(join(folder, 'models', 'table.onnx'), tableModel(true));
  const weights = Buffer.from(Float32Array.of(10, 20, 30, 40).buffer);
  writeFileSync(join(folder, 'models', 'table.bin'), Buffer.concat([weights, Buffer.alloc(more)]));
  writeFileSync(join(folder, 'ids.jsonl'), '{"ids": 0}\n{"ids": 3}\n');
  writeFileSync(join(folder, 'answers.jsonl'), '{"y": 10}\n{"y": 40}\n');
  const campaign = `
name: sent
targets:
  table:
    onnx:
      model: models/table.onnx
      inputs: { jsonl: { file: ids.jsonl } }
      expect: { jsonl: { file: answers.jsonl } }
scenarios: { load: { load: { rate: 100/s, for: 2s } } }
objectives: [errors < 5%]
fleet: ${fleet}
warmup: 200ms
`;
  writeFileSync(join(folder, 'campaign.yaml'), campaign);
  return folder;
}

testWith(
  'mount namespaces',
  'agents of a node without the campaign are sent its model, the weights beside it and its samples, once for all of them',
  async () => {
    const folder = campaignWithModel('{ agents: 2 }', 700_000);
    const leader = coordinator(folder);
    const agents = [elsewhere(folder), elsewhere(folder)];
    const { code, stderr } = await leader.ended;
    expect(code, stderr).toBe(0);
    expect((await Promise.all(agents.map(({ ended }) => ended))).map((end) => [end.code, end.stderr])).toEqual([
      [0, ''],
      [0, ''],
    ]);
    const [cell] = benchmarksOf(folder).cells;
    expect(cell?.trials[0]?.perAgent.map(({ accounting }) => accounting.ok > 0)).toEqual([true, true]);
    expect(cell?.trials[0]?.accounting.failed).toMatchObject({ 'wrong-output': 0 });
    for (const name of ['table.onnx', 'table.bin', 'ids.jsonl', 'answers.jsonl']) {
      const whole = stderr
        .split('\n')
        .filter((line) => new RegExp(`^sending ${name} to agent \\d: (.*) of \\1 MiB$`, 'u').test(line));
      expect(new Set(whole).size, stderr).toBe(1);
    }
    expect(readdirSync(join(node, 'files', 'content')).every((name) => /^[0-9a-f]{64}$/u.test(name))).toBe(true);
    expect(readdirSync(join(node, 'files', 'agents'))).toEqual([]);
  },
);

testWith(
  'mount namespaces',
  'a file that the campaign says lies on the nodes is verified there and not sent',
  async () => {
    const folder = campaignWithModel(`{ agents: 1, alreadyThere: { models/table.onnx: ${node}/there/table.onnx } }`);
    const leader = coordinator(folder);
    mkdirSync(join(node, 'there'));
    for (const name of ['table.onnx', 'table.bin'])
      writeFileSync(join(node, 'there', name), readFileSync(join(folder, 'models', name)));
    elsewhere(folder);
    const { code, stderr } = await leader.ended;
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(/sending ids\.jsonl/);
    expect(stderr).not.toMatch(/sending table/);
  },
);

testWith(
  'mount namespaces',
  'a file that does not lie where the campaign says ends the run with a sentence',
  async () => {
    const folder = campaignWithModel(`{ agents: 1, alreadyThere: { models/table.onnx: ${node}/nowhere.onnx } }`);
    const leader = coordinator(folder);
    elsewhere(folder);
    const { code, stderr } = await leader.ended;
    expect(stderr).toContain(`${node}/nowhere.onnx: found no such file on `);
    expect(code).toBe(64);
  },
);

testWith('mount namespaces', 'a node whose disk is full says so', async () => {
  const folder = campaignWithModel('{ agents: 1 }', 8 * 2 ** 20);
  const leader = coordinator(folder);
  elsewhere(folder, `mkdir ${node}/files && mount -t tmpfs -o size=70m none ${node}/files`);
  const { code, stderr } = await leader.ended;
  expect(stderr).toMatch(
    /table\.bin: needs 8 MiB on this node, and .*files\/content has [\d.]+ MiB free; free some there, or name another folder with --files/,
  );
  expect(code).toBe(64);
});

testWith(
  toolIsThere('mount namespaces') ? 'k6' : 'mount namespaces',
  'a k6 script comes with what it imports and opens',
  async () => {
    const folder = freshFolder();
    mkdirSync(join(folder, 'lib'));
    writeFileSync(
      join(folder, 'script.ts'),
      `import { check } from 'k6';
import { expected } from './lib/expected.ts';
const rows = JSON.parse(open('rows.json')) as number[];
export default function (): void { check(rows, { right: (found: number[]) => found.length === expected }); }
`,
    );
    writeFileSync(join(folder, 'lib', 'expected.ts'), 'export const expected = 3;\n');
    writeFileSync(join(folder, 'rows.json'), '[1, 2, 3]');
    writeFileSync(
      join(folder, 'campaign.yaml'),
      `name: sent-script
targets: { script: { k6: { script: script.ts, vus: 5 } } }
scenarios: { load: { load: { rate: 100/s, for: 2s } } }
objectives: [errors < 5%]
warmup: 0s
`,
    );
    const leader = coordinator(folder);
    elsewhere(folder);
    const { code, stderr } = await leader.ended;
    // A busy machine may make the measurement invalid, and k6 drop what it has no user for; no iteration found anything else.
    expect([0, 13], stderr).toContain(code);
    const account = benchmarksOf(folder).cells[0]?.trials[0]?.accounting;
    const { scheduled = 0, ok = 0, shed = 0 } = account ?? {};
    expect([scheduled, ok + shed], stderr).toEqual([200, 200]);
    expect(ok).toBeGreaterThan(100);
    expect(stderr).toMatch(/sending expected\.ts/);
    expect(stderr).toMatch(/sending rows\.json/);
  },
);
