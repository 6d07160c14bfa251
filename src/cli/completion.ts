import type { Command } from 'commander';
import { bashCompletion } from './completion/bash.ts';
import { fishCompletion } from './completion/fish.ts';
import { type CommandShape, shapeOf } from './completion/shape.ts';
import { zshCompletion } from './completion/zsh.ts';

/** A new shell is one file in `completion/`, and a line here. */
const SCRIPTS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const satisfies Record<
  string,
  (program: CommandShape) => string
>;

export type Shell = keyof typeof SCRIPTS;

/** `loadcell completion`: the script for a shell, made from the program itself. */
export function printCompletion(shell: Shell, program: Command): void {
  process.stdout.write(SCRIPTS[shell](shapeOf(program)));
}
