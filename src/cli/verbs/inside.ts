import type { Command } from 'commander';
import type { VerbContext } from './verb.ts';

/** `loadcell inside` */
export function addInside(program: Command, { exitWith, supervise }: VerbContext): void {
  program
    .command('inside')
    .description('carry out the run of a bundle: what place: inside starts on a cluster')
    .argument('<room>', 'the folder with the bundle; words and results go there too')
    .option('--advertise <host>', 'by which host agents find this machine, where the campaign says none')
    .addHelpText(
      'after',
      `
Example:
  loadcell inside /scratch/vision/loadcell/inside/20261122T051800Z-nightly-7f3a --advertise gpu-7

docs/engines.md tells how a run gets there (fleet.coordinator: { place: inside }).`,
    )
    .action(async (room: string, options) => {
      const { serveRoom } = await import('../inside/room.ts');
      exitWith(await serveRoom(room, options, supervise()));
    });
}
