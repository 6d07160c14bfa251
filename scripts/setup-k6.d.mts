export class SetupError extends Error {}
export const HOW: string;
export function wantedVersion(goMod: string): string;
export function sourceKey(folder: string): string;
export function archiveName(version: string, platform: string, arch: string): string | null;
export function checksumOf(checksums: string, name: string): string;
export function fetchRelease(source: string, version: string, name: string): Promise<Buffer>;
export function setUpK6(folders: { readonly sources: string; readonly tools: string }): Promise<string>;
