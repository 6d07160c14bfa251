import type { Command } from 'commander';
import type { VerbContext } from './verb.ts';

/** `loadcell agent` */
export function addAgent(program: Command, { exitWith }: VerbContext): void {
  program
    .command('agent')
    .description('offer load for a coordinator that was started elsewhere (loadcell coordinator)')
    .requiredOption('--join <path>', 'a join file, or a folder of them from which one is taken')
    .option('--wait <time>', 'how long to wait for a place', '60s')
    .option('--metrics <host:port>', 'where Prometheus may scrape this agent, for example 127.0.0.1:9465')
    .option('--spool <folder>', 'where what the coordinator has not acknowledged is kept (default: below TMPDIR)')
    .option(
      '--files <folder>',
      'where files of campaigns are kept that this node lacks (default: below ~/.cache/loadcell)',
    )
    .addHelpText(
      'after',
      `
Examples:
  loadcell agent --join /run/loadcell/join
  loadcell agent --join /run/loadcell/join --wait 10m --metrics 127.0.0.1:9465

An agent fills one place of one run and ends with it: 0 when everything that it measured is in the coordinator's journal,
12 when nobody offered a place in time..`,
    )
    .action(async (options) => {
      const { agent } = await import('../agent.ts');
      exitWith(await agent(options));
    });
}
