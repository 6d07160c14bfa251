import { getCompileCacheDir } from 'node:module';
import { dirname } from 'node:path';

/**
 * Environment by which a Node process or thread reads compiled code from where this process keeps its own, from its
 * very first module on: half of a thread's start, and for an entry in TypeScript the 50 ms of loading the compiler,
 * which `enableCompileCache()` in the entry comes too late for. Empty when this process keeps none.
 */
export function compileCacheEnvironment(): { readonly NODE_COMPILE_CACHE?: string } {
  const folder = getCompileCacheDir();
  return folder === undefined ? {} : { NODE_COMPILE_CACHE: dirname(folder) };
}
