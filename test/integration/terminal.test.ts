import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { freshFolder } from '../support/loadcell.ts';
import { testWith } from '../support/tools.ts';

const bin = fileURLToPath(new URL('../../bin/loadcell.js', import.meta.url));

const campaign = `
name: terminal
targets: { nothing: { null: {} } }
scenarios: { steady: { load: { rate: 200/s, for: 5s } } }
objectives: [errors < 5%]
fleet: { engine: local, agents: 1, pacing: lowCpu }
warmup: 0s
seed: 2
`;

/** A real terminal of 100 x 40 that runs one shell command; its screen as a reader sees it. */
class Terminal {
  readonly #name = `loadcell-test-${process.pid}`;

  constructor(folder: string, command: string) {
    const tmux = [
      '-L',
      this.#name,
      '-f',
      '/dev/null',
      'new-session',
      '-d',
      '-s',
      this.#name,
      '-x',
      '100',
      '-y',
      '40',
      '-c',
      folder,
    ];
    execFileSync('tmux', [...tmux, `${command}; echo "exit code $?"; exec sleep 60`]);
  }

  screen(): string {
    return execFileSync('tmux', ['-L', this.#name, 'capture-pane', '-p', '-t', this.#name, '-S', '-200'], {
      encoding: 'utf8',
    });
  }

  press(key: string): void {
    execFileSync('tmux', ['-L', this.#name, 'send-keys', '-t', this.#name, key]);
  }

  async shows(text: RegExp, withinMs: number): Promise<string> {
    const end = performance.now() + withinMs;
    for (;;) {
      const screen = this.screen();
      if (text.test(screen)) return screen;
      if (performance.now() > end) throw new Error(`the terminal did not show ${text}:\n${screen}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  close(): void {
    execFileSync('tmux', ['-L', this.#name, 'kill-server']);
  }
}

function inTerminal(): Terminal {
  const folder = freshFolder();
  writeFileSync(join(folder, 'campaign.yaml'), campaign);
  return new Terminal(folder, `env -u NO_COLOR -u CI '${process.execPath}' '${bin}' run campaign.yaml`);
}

const count = (text: string, part: RegExp): number => text.match(new RegExp(part, 'g'))?.length ?? 0;

testWith(
  'tmux',
  'on a terminal the picture stays in place while the run lasts and is gone when the table is printed',
  async () => {
    const terminal = inTerminal();
    try {
      const early = await terminal.shows(/offered/, 30_000);
      expect(count(early, /offered/)).toBe(1);
      const late = await terminal.shows(/exit code \d+/, 40_000);
      expect(late).toMatch(/nothing\/steady/);
      expect(late).toMatch(/results {2}results\/\S+-terminal-/);
      expect(late).toMatch(/verdict {2}\w+ \(exit \d+\)\s+exit code \d+/);
      expect(count(late, /time left|left\b/)).toBe(0);
    } finally {
      terminal.close();
    }
  },
);

testWith('tmux', 'Ctrl-C in a terminal drains, prints what there is and exits 130', async () => {
  const terminal = inTerminal();
  try {
    await terminal.shows(/offered/, 30_000);
    terminal.press('C-c');
    const late = await terminal.shows(/exit code \d+/, 20_000);
    expect(late).toMatch(/exit code 130/);
    expect(late).toMatch(/interrupted/);
  } finally {
    terminal.close();
  }
});
