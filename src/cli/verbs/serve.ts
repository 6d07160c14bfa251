import { type Command, Option } from 'commander';
import type { VerbContext } from './verb.ts';

const listed = (value: string, before: readonly string[]): readonly string[] => [...before, value];

/** `loadcell serve` */
export function addServe(program: Command, { exitWith }: VerbContext): void {
  program
    .command('serve')
    .description('serve an ONNX model by the Open Inference Protocol v2, over HTTP and gRPC')
    .argument('<model>', "a reference model's name, or a file of yours")
    .option('--name <name>', "what clients call the model (default: the model's name)")
    .option('--http <host:port>', 'where HTTP listens; none: not at all', '127.0.0.1:8000')
    .option('--grpc <host:port>', 'where gRPC listens; none: not at all', '127.0.0.1:8001')
    .option('--workers <number>', 'threads with a session each', '1')
    .option('--threads <number>', 'intra-op threads of each session', '1')
    .option('--providers <list>', 'execution providers in order of preference', 'cpu')
    .option('--require <provider>', 'a provider that must run every node')
    .option('--bind <name=size>', 'size of a free dimension in the first request; may be repeated', listed, [])
    .option('--batch-max <samples>', 'put waiting requests together, up to so many samples a run')
    .option('--batch-delay <time>', 'how long a request waits for others', '0ms')
    .option('--batch-preferred <list>', 'sizes at which no further request is waited for, for example 4,8')
    .option('--queue <requests>', 'requests that may wait; further ones are refused (429)', '1024')
    .option('--queue-bytes <size>', 'memory that they may take', '256MiB')
    .option('--max-body <size>', 'largest body of a request', '64MiB')
    .option('--max-connections <number>', 'open connections of each edge', '4096')
    .option('--rate-limit <rate>', 'inferences a second, for example 500/s; further ones are refused (429)')
    .option('--objective <time>', 'a bucket boundary of /metrics, for example 100ms; may be repeated', listed, [])
    .option('--token-env <variable>', 'environment variable with the bearer token that requests must carry')
    .addOption(new Option('--token-file <file>', 'file with that token').conflicts('tokenEnv'))
    .option('--tls-cert <file>', 'certificate, PEM')
    .option('--tls-key <file>', 'its key, PEM')
    .option('--tls-client-ca <file>', "authorities that must have signed a client's certificate, PEM")
    .option('--grace <time>', 'how long after SIGTERM requests are still taken in, not ready', '0s')
    .option('--drain <time>', 'longest wait for those taken in', '30s')
    .addOption(
      new Option('--log-level <level>', 'what is logged on stderr; debug: every request')
        .choices(['debug', 'info', 'warn', 'error', 'silent'])
        .default('info'),
    )
    .option('--json', 'print one JSON object { name, http, grpc, pid } on stdout once it listens')
    .addHelpText(
      'after',
      `
Examples:
  loadcell serve mobilenet-v2 --name classifier --http 127.0.0.1:8000 --grpc 127.0.0.1:8001
  loadcell serve m.onnx --workers 2 --batch-max 8 --batch-delay 2ms --objective 100ms
  API_TOKEN=... loadcell serve m.onnx --http 0.0.0.0:8443 --grpc none --token-env API_TOKEN \\
    --tls-cert cert.pem --tls-key key.pem

Listens on loopback unless told otherwise. SIGTERM or Ctrl-C: not ready first, then what was taken in is answered, then
exit 0; a second one ends at once. Paths, limits and metrics: docs/serving.md.`,
    )
    .action(async (model: string, options) => {
      const { serve } = await import('../serve.ts');
      exitWith(await serve(model, options));
    });
}
