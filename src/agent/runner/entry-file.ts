import { fileURLToPath } from 'node:url';

/**
 * Path of the module beside `from` (its `import.meta.url`) that bears `name`: a TypeScript source beside a source,
 * JavaScript beside JavaScript.
 */
export function entryFile(name: string, from: string): string {
  const extension = from.endsWith('.ts') ? '.ts' : '.js';
  return fileURLToPath(new URL(`./${name}${extension}`, from));
}
