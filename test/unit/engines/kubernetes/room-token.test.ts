import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { PlaceTrouble } from '../../../../src/engines/inside-place.ts';
import { roomToken } from '../../../../src/engines/kubernetes/room-token.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'loadcell-key-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('the same user asks for the room of a run with the same token, later and from another process', () => {
  const env = { XDG_STATE_HOME: folder };
  const token = roomToken(env)('a-run');
  expect(token).toMatch(/^[0-9a-f]{64}$/);
  expect(roomToken(env)('a-run')).toBe(token);
  expect(roomToken(env)('another')).not.toBe(token);
  expect(roomToken({ XDG_STATE_HOME: join(folder, 'of-somebody-else') })('a-run')).not.toBe(token);
});

test('a key that is named and is none is told in a sentence when it is needed', () => {
  const path = join(folder, 'key');
  writeFileSync(path, 'short');
  const token = roomToken({ LOADCELL_SECRET_KEY_FILE: path });
  expect(() => token('a-run')).toThrow(PlaceTrouble);
  expect(() => token('a-run')).toThrow(/LOADCELL_SECRET_KEY_FILE: found 5 bytes/);
});
