export const LEAST_GO: readonly [number, number];
export type FoundGo =
  | { readonly kind: 'ready'; readonly command: string; readonly version: string }
  | { readonly kind: 'old'; readonly found: string; readonly why: string }
  | { readonly kind: 'absent' };
export function goIsEnough(printed: string): boolean;
export function toolchainModule(printed: string): string;
export function goFor(sources: string): FoundGo;
export function goEnvironment(command: string, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv;
export function goBuild(
  go: Extract<FoundGo, { kind: 'ready' }>,
  sources: string,
  into: string,
  flags?: readonly string[],
): number | string | null;
