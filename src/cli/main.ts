import { main } from './command-line.ts';

// A terminal that has gone away or a reader that has seen enough (`| head`) ends neither a run nor its exit code.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

process.exitCode = await main(process.argv);
