import type { Command } from 'commander';

/** `loadcell gpu` */
export function addGpu(program: Command): void {
  program
    .command('gpu')
    .description('show what a recorded output of nvidia-smi, DCGM or dcgm-exporter says')
    .requiredOption(
      '--from <file>',
      'output of nvidia-smi (-q -x, -q, -L, --query-gpu, --query-compute-apps, dmon, pmon), dcgmi dmon or dcgm-exporter',
    )
    .option('--json', 'print as JSON')
    .addHelpText(
      'after',
      `
Examples:
  nvidia-smi -q -x > gpu.xml && loadcell gpu --from gpu.xml
  curl -s localhost:9400/metrics > dcgm.prom && loadcell gpu --from dcgm.prom
  nvidia-smi --query-gpu=timestamp,uuid,power.draw,clocks.sm --format=csv -lms 200 > series.csv
  loadcell gpu --from series.csv --json

Says which tool printed the file. A value that is not there has its reason; none is guessed. Needs no GPU.`,
    )
    .action(async (options: { from: string; json?: boolean }) => {
      const { showRecording } = await import('../gpu/from.ts');
      await showRecording(options);
    });
}
