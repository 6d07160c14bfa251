#!/usr/bin/env node
// Finds a Node that is new enough and hands over to the program: its sources in a checkout, dist/ in a package.
import { spawn } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const OLDEST = 24;
/** Where a newer Node finds the pipe of the older one that handed over to it. */
const HANDED_OVER = 'LOADCELL_HANDED_OVER_FD';
const root = dirname(dirname(realpathSync(fileURLToPath(import.meta.url))));
const source = join(root, 'src', 'cli', 'main.ts');
const entry = existsSync(source) ? source : join(root, 'dist', 'cli', 'main.js');

if (Number(process.versions.node.split('.')[0]) >= OLDEST) {
  endWithWhoHandedOver();
  const { enableCompileCache } = await import('node:module');
  enableCompileCache();
  await import(pathToFileURL(entry).href).catch(explain);
} else {
  handOver();
}

/** A checkout before its set-up, or after a pull that asks for another package. */
function explain(error) {
  const missing = /^Cannot find package '(.+?)'/.exec(error?.message ?? '')?.[1];
  if (error?.code !== 'ERR_MODULE_NOT_FOUND' || missing === undefined || entry !== source) throw error;
  process.stderr.write(
    `loadcell: found no package ${missing}, expected the locked packages; npm run setup installs them\n`,
  );
  process.exit(64);
}

function handOver() {
  const own = join(root, 'node_modules', '.bin', 'node');
  if (!existsSync(own)) {
    const remedy = entry === source ? 'npm run setup brings one' : `npm install node@${OLDEST} brings one beside it`;
    process.stderr.write(`loadcell: found Node ${process.versions.node}, expected ${OLDEST} or newer; ${remedy}\n`);
    process.exit(64);
  }
  const child = spawn(own, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
    env: { ...process.env, [HANDED_OVER]: '3' },
  });
  // A terminal's Ctrl-C reaches the child by itself; what is sent to this process alone is passed on.
  process.on('SIGINT', () => {});
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' || signal === 'SIGTERM' ? 130 : 70)));
}

/** Nothing is ever written to the pipe: it closes when the older Node ends, however it ends, SIGKILL included. */
function endWithWhoHandedOver() {
  const fd = Number(process.env[HANDED_OVER]);
  delete process.env[HANDED_OVER];
  if (!(fd >= 3)) return;
  const end = () => process.kill(process.pid, 'SIGKILL');
  new Socket({ fd, readable: true, writable: false }).on('end', end).on('error', end).resume().unref();
}
