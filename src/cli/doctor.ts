import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import * as net from 'node:net';
import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { lookOnce } from '../agent/gpu-look.ts';
import { findK6 } from '../agent/k6/program.ts';
import { gatherNodeFacts, type NodeFacts } from '../agent/node-facts.ts';
import { samplerSource } from '../agent/observation.ts';
import { createHostSampler } from '../agent/proc-stat.ts';
import { drawHex, nodeMonotonic, threadClock } from '../time/monotonic.ts';
import { EXIT_CODES } from '../verdict/exit-code.ts';
import { readText } from '../wire/read-text.ts';
import { cacheFolder } from './cache-folder.ts';
import { doctorText } from './doctor/doctor-text.ts';
import { stopsRuns } from './doctor/finding.ts';
import { judgeMachine, type MachineFacts } from './doctor/judge-machine.ts';
import { limitFacts } from './doctor/limits.ts';
import { commandRunner, type Machine } from './doctor/machine.ts';
import { networkFacts } from './doctor/network.ts';
import { noiseFacts } from './doctor/noise.ts';
import { processorFacts } from './doctor/processor.ts';
import type { RuntimeReport } from './doctor/runtime.ts';
import { folderFacts } from './doctor/storage.ts';
import { hasGpu, toolFacts } from './doctor/tools.ts';
import { paintFor } from './progress.ts';

export interface DoctorOptions {
  readonly results: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

const COMMAND_MS = 5_000;
const ONNXRUNTIME_MS = 20_000;
const PROBE = fileURLToPath(
  new URL(`./doctor/onnxruntime-probe${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url),
);

/** `loadcell doctor`. Resolves to 0, or to 64 when something is wrong that stops every run. */
export async function examineMachine(options: DoctorOptions): Promise<number> {
  if (options.quiet !== true) process.stderr.write('looking at this machine, then measuring its noise for 2 s\n');
  const node = await gatherNodeFacts(readText, cacheFolder(process.env));
  const findings = judgeMachine(await lookedAt(node, resolve(options.results)));
  const exitCode = (findings.some(stopsRuns) ? EXIT_CODES['before-start'] : EXIT_CODES.pass).code;
  process.stdout.write(
    options.json === true
      ? `${JSON.stringify({ node, exitCode, findings }, null, 2)}\n`
      : doctorText(node, findings, paintFor(process.stdout, process.env)),
  );
  return exitCode;
}

/** Noise is measured last and alone, so that the doctor does not find itself. */
async function lookedAt(node: NodeFacts, resultsDir: string): Promise<MachineFacts> {
  const machine: Machine = {
    readText,
    run: commandRunner(execFile, COMMAND_MS),
    exists: existsSync,
    gpus: (sources) => lookOnce(sources, samplerSource(process.env)),
    k6: () => findK6(process.env),
  };
  const name = `.loadcell-doctor-${drawHex(4)}`;
  const [tools, report, network, temporary, results, cache] = await Promise.all([
    toolFacts(machine),
    runtimeReport(),
    networkFacts(machine, net),
    folderFacts(tmpdir(), name, fs),
    folderFacts(resultsDir, name, fs),
    folderFacts(cacheFolder(process.env), name, fs),
  ]);
  return {
    runtime: { node: node.node, onnxruntime: node.onnxruntime, report, hasGpu: hasGpu(tools) },
    processor: processorFacts(node, machine),
    limits: limitFacts(node, machine),
    network,
    storage: { temporary, results, cache },
    tools,
    noise: await noiseFacts(threadClock(nodeMonotonic()), () => createHostSampler(readText)),
  };
}

/** What a process of its own says of onnxruntime, however it ends. */
async function runtimeReport(): Promise<RuntimeReport> {
  const end = await commandRunner(execFile, ONNXRUNTIME_MS)(process.execPath, [PROBE]);
  if (end.kind === 'answered') return JSON.parse(end.stdout) as RuntimeReport;
  return { kind: 'broken', why: end.kind === 'failed' ? end.why : 'Node itself cannot be started' };
}
