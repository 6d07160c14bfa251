import type { Command } from 'commander';
import { SOURCE_NAMES } from '../../gpu/source-names.ts';

interface GpuOptions {
  readonly from?: string;
  readonly json?: boolean;
  readonly watch?: boolean;
  readonly dcgm?: readonly string[];
}

/** `loadcell gpu` */
export function addGpu(program: Command): void {
  program
    .command('gpu')
    .description("show this machine's GPUs as seen now, or what a recorded output of a tool says")
    .option(
      '--from <file>',
      'output of nvidia-smi (-q -x, -q, -L, --query-gpu, --query-compute-apps, dmon, pmon), dcgmi dmon or dcgm-exporter',
    )
    .option('--watch', 'show it again every second until Ctrl-C')
    .option('--dcgm <urls...>', 'pages of dcgm-exporter to read beside')
    .option('--json', 'print as JSON')
    .addHelpText(
      'after',
      `
Examples:
  loadcell gpu
  loadcell gpu --watch
  loadcell gpu --dcgm http://node-1:9400/metrics --json
  nvidia-smi -q -x > gpu.xml && loadcell gpu --from gpu.xml
  curl -s localhost:9400/metrics > dcgm.prom && loadcell gpu --from dcgm.prom
  nvidia-smi --query-gpu=timestamp,uuid,power.draw,clocks.sm --format=csv -lms 200 > series.csv
  loadcell gpu --from series.csv --json

Without --from it shows what a run would see on this machine: by which source, and why something is missing.
With --from it says which tool printed the file; it needs no GPU then. A value that is not there has its reason; none is
guessed.`,
    )
    .action(async ({ from, json, watch, dcgm = [] }: GpuOptions) => {
      if (from !== undefined) {
        const { showRecording } = await import('../gpu/from.ts');
        await showRecording({ from, ...(json === undefined ? {} : { json }) });
        return;
      }
      const { showLive } = await import('../gpu/live.ts');
      await showLive({ json: json === true, watch: watch === true, sources: SOURCE_NAMES, dcgm });
    });
}
