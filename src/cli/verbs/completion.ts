import { Argument, type Command } from 'commander';

/** `loadcell completion` */
export function addCompletion(program: Command): void {
  program
    .command('completion')
    .description('print a script by which a shell completes verbs, options, files and runs')
    .addArgument(new Argument('<shell>', 'which shell').choices(['bash', 'zsh', 'fish']))
    .addHelpText(
      'after',
      `
Examples:
  source <(loadcell completion bash)                                       (this shell only)
  loadcell completion bash > ~/.local/share/bash-completion/completions/loadcell
  loadcell completion zsh > "\${fpath[1]}/_loadcell"
  loadcell completion fish > ~/.config/fish/completions/loadcell.fish`,
    )
    .action(async (shell: 'bash' | 'zsh' | 'fish') => {
      const { printCompletion } = await import('../completion.ts');
      printCompletion(shell, program);
    });
}
