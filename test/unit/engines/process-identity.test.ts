import { expect, test } from 'vitest';
import {
  formatIdentity,
  identify,
  isRunning,
  parseIdentity,
  parseStat,
} from '../../../src/engines/process-identity.ts';

const stat = (state: string, start: string): string =>
  `7 (a name) with) S) ${state} 1 5 7 0 -1 4194304 1 0 0 0 0 0 0 0 20 0 1 0 ${start} 3133440 401\n`;

const files = (text: string | null) => (path: string) => (path === '/proc/7/stat' ? text : null);

test('state, group and start are read behind a name that holds anything', () => {
  expect(parseStat(stat('S', '130498'))).toEqual({ state: 'S', group: 5, start: '130498' });
  expect(parseStat('')).toBeNull();
});

test('an identity is written and read back', () => {
  for (const identity of [identify(7, files(stat('S', '130498'))), { pid: 7, start: null }]) {
    expect(parseIdentity(formatIdentity(identity))).toEqual(identity);
  }
  expect(parseIdentity('pod/x')).toBeNull();
});

const identity = { pid: 7, start: '130498' };
const yes = (): boolean => true;

test('a process runs while its number and its start are the same', () => {
  expect(isRunning(identity, files(stat('T', '130498')), yes)).toBe(true);
  expect(isRunning(identity, files(stat('S', '130499')), yes), 'the number was given to another').toBe(false);
  expect(isRunning(identity, files(stat('Z', '130498')), yes), 'ended and not reaped').toBe(false);
  expect(isRunning(identity, files(null), () => false)).toBe(false);
});

test('where the system does not tell the start, the number decides', () => {
  expect(isRunning({ pid: 7, start: null }, files(null), yes)).toBe(true);
  expect(isRunning(identity, files(null), yes)).toBe(false);
});
