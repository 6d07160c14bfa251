// Preloaded by --import: writes down every module that a process or thread loads, a file for each in $RECORDED_LOADS.
import { appendFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { isMainThread, threadId } from 'node:worker_threads';

const entry = (process.argv[1] ?? '').replace(/^.*\/(?:src|bin)\//u, '').replaceAll('/', '_');
const file = join(process.env.RECORDED_LOADS ?? '', `${entry}.${process.pid}.${isMainThread ? 'main' : threadId}`);
registerHooks({
  load: (url, context, next) => {
    appendFileSync(file, `${url}\n`);
    return next(url, context);
  },
});
