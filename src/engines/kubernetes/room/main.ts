#!/usr/bin/env node
// The process of a coordinator's pod: it takes in a run, has `loadcell inside` carry it out, and serves what comes of it.
import { spawn } from 'node:child_process';
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

enableCompileCache();
process.on('uncaughtException', (error) => {
  process.stderr.write(`loadcell room: a fault of the program itself: ${error.message}\n`);
  process.exit(70);
});
const { roomArguments } = await import('./room-arguments.ts');
const { keepRoom } = await import('./keep-room.ts');
const LOADCELL = fileURLToPath(new URL('../../../../bin/loadcell.js', import.meta.url));
const room = roomArguments(process.argv.slice(2));
const say = (sentence: string): void => {
  process.stderr.write(`loadcell room: ${sentence}\n`);
};
const end = await keepRoom(room, process, () => {
  const argv = [LOADCELL, 'inside', room.folder, '--advertise', room.advertise];
  const coordinator = spawn(process.execPath, argv, { detached: true, stdio: ['ignore', 'inherit', 'inherit'] });
  return coordinator.on('error', ({ message }) => say(`its coordinator could not be started: ${message}`));
});
if (end.sentence !== null) say(end.sentence);
process.exit(end.exitCode);
