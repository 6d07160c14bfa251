import { sha256OfFile } from '../../models/digest.ts';
import type { OpenFile } from '../../scenarios/byte-reader.ts';
import type { Phase } from '../../scenarios/phase.ts';
import { openBytes } from '../../wire/byte-reader.ts';
import { TargetRefused } from './crew.ts';

/** Opens a trace. Throws a {@link TargetRefused} where it cannot be read. */
export const openTrace: OpenFile = (path) => {
  try {
    return openBytes(path);
  } catch (error) {
    throw cannotBeRead(path, error);
  }
};

/** What is replayed is what was planned, byte for byte: rejects with a {@link TargetRefused} where a trace has changed. */
export async function refuseChangedTraces(phases: readonly Phase[]): Promise<void> {
  for (const { load } of phases) {
    if (load.kind !== 'trace') continue;
    const found = await sha256OfFile(load.path).catch((error: unknown) => {
      throw cannotBeRead(load.path, error);
    });
    if (found === load.sha256) continue;
    throw new TargetRefused(
      `trace ${load.path}: its content has changed since the plan was made (SHA-256 ${found}, expected ${load.sha256}); plan again`,
    );
  }
}

function cannotBeRead(path: string, error: unknown): TargetRefused {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  const why = code === 'ENOENT' ? 'there is no such file' : code;
  return new TargetRefused(`trace ${path}: cannot be read on this node: ${why}`);
}
