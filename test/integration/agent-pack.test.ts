import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AGENT_ENTRY, packAgent } from '../../src/engines/agent-pack.ts';
import { sha256OfFile } from '../../src/models/digest.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'loadcell-pack-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('a packed agent runs where nothing of it is installed, and the same content has the same digest', async () => {
  const pack = await packAgent(join(folder, 'agents'), join(folder, 'scratch'));
  expect(await sha256OfFile(pack.path)).toBe(pack.sha256);
  const place = join(folder, 'node');
  mkdirSync(place);
  execFileSync('tar', ['-xf', pack.path, '-C', place]);
  expect(String(execFileSync('find', [place, '-type', 'l'])), 'links that lead elsewhere').toBe('');
  expect(existsSync(join(place, 'node_modules/@kubernetes')), 'what a coordinator alone needs').toBe(false);
  for (const name of ['calibration.ts', 'config.json'])
    expect(existsSync(join(place, 'k6', name)), `what k6 is run with: ${name}`).toBe(true);
  const { status, stderr } = spawnSync(join(place, 'node'), [join(place, AGENT_ENTRY)], { env: {}, cwd: '/' });
  expect(String(stderr)).toContain('loadcell agent: --coordinator: found nothing');
  expect(status).toBe(64);
  expect((await packAgent(join(folder, 'agents'), join(folder, 'scratch'))).path, 'known by now').toBe(pack.path);
  expect((await packAgent(join(folder, 'others'), join(folder, 'elsewhere'))).sha256).toBe(pack.sha256);
}, 180_000);
