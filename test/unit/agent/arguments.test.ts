import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  ARGUMENTS_FROM_INPUT,
  agentArguments,
  argumentsInput,
  parseAgentArguments,
  refuseOthers,
} from '../../../src/agent/arguments.ts';

const FLAGS = ['--coordinator', '127.0.0.1:7070', '--run', 'r', '--attempt', '1', '--index', '0'];

async function* input(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

const parse = (argv: readonly string[], env = {}, text = 'secret\n') => parseAgentArguments(argv, env, input(text));

let folder: string;
let tokenFile: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'loadcell-arguments-'));
  tokenFile = join(folder, 'token');
  writeFileSync(tokenFile, 'filed\n', { mode: 0o600 });
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

test('the token comes by standard input when no file is named', async () => {
  const parsed = await parse(FLAGS);
  expect(parsed).toEqual({
    coordinator: '127.0.0.1:7070',
    runId: 'r',
    attempt: 1,
    index: 0,
    token: 'secret',
    spool: null,
    cache: null,
    files: null,
    metrics: null,
    registerWithinMs: 60_000,
    node: null,
  });
});

test('the token comes from the file that a flag or the environment names', async () => {
  expect((await parse([...FLAGS, '--token-file', tokenFile])).token).toBe('filed');
  expect((await parse(FLAGS, { LOADCELL_TOKEN_FILE: tokenFile })).token).toBe('filed');
});

test('a token file that others may read is refused', async () => {
  chmodSync(tokenFile, 0o640);
  await expect(parse([...FLAGS, '--token-file', tokenFile])).rejects.toThrow(
    `token file ${tokenFile}: found mode 0640, expected 0600: others must not read it`,
  );
});

const ofRoot = (mode: number) => ({ mode: 0o100000 + mode, uid: 0 });

test('a file of root that a group may read and nobody may write is a Secret of Kubernetes', () => {
  refuseOthers('token', ofRoot(0o440));
  for (const mode of [0o640, 0o444, 0o460]) expect(() => refuseOthers('token', ofRoot(mode))).toThrow('found mode 0');
  expect(() => refuseOthers('token', { mode: 0o440, uid: 1000 })).toThrow('found mode 0440, expected 0600');
});

const PLACES = [...FLAGS.slice(0, -2), '--places', '0-2,7'];

test('an agent that its engine counted out has that place of its attempt', async () => {
  expect((await parse([...PLACES, '--nth', '3'])).index).toBe(7);
  expect((await parse([...PLACES, '--nth', '0'])).index).toBe(0);
});

test.for([
  { argv: [...PLACES, '--nth', '4'], sentence: '--nth: found 4, expected at most 3' },
  { argv: PLACES, sentence: '--nth: found nothing, expected which of the places, from 0' },
  {
    argv: [...PLACES, '--places', '3-1'],
    sentence: '--places: found 3-1, expected places of a fleet, for example 0-3,7',
  },
  { argv: ['--run', 'r'], sentence: '--coordinator: found nothing, expected host:port, for example 127.0.0.1:7070' },
  { argv: [...FLAGS, '--attempt', '0'], sentence: '--attempt: found 0, expected a whole number of at least 1' },
  { argv: [...FLAGS, '--index', 'x'], sentence: '--index: found x, expected a whole number of at least 0' },
  {
    argv: [...FLAGS, '--coordinator', 'host'],
    sentence: '--coordinator: found host, expected host:port, for example 127.0.0.1:7070',
  },
  { argv: [...FLAGS, '--token', 'secret'], sentence: "Unknown option '--token'" },
])('$sentence', async ({ argv, sentence }) => {
  await expect(parse(argv)).rejects.toThrow(sentence);
});

test('an empty token is refused', async () => {
  await expect(parse(FLAGS, {}, '\n')).rejects.toThrow("standard input: found nothing, expected the run's token");
});

const given = (argv: readonly string[], text: string) => agentArguments(argv, {}, input(text));

test('an agent that was started before its place was known is given all by standard input', async () => {
  expect(await given([ARGUMENTS_FROM_INPUT], argumentsInput(FLAGS, 'secret'))).toEqual(await parse(FLAGS));
  expect(await given(FLAGS, 'secret\n')).toEqual(await parse(FLAGS));
});

test('an agent whose input ends without a place is told that there is none', async () => {
  expect(await given([ARGUMENTS_FROM_INPUT], '')).toBeNull();
});
