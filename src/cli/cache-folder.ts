import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where models and calibrations are kept between runs: `$XDG_CACHE_HOME/loadcell`, else `~/.cache/loadcell`. */
export const cacheFolder = (env: Readonly<Record<string, string | undefined>>): string =>
  join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'loadcell');
