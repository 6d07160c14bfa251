import type { GroupStatus } from './engine.ts';

/**
 * The watch of an engine that can only be asked: tells every status that differs from the last, until the group has
 * ended. `ask` never rejects. Returns what ends it before.
 */
export function pollStatus(
  ask: () => Promise<GroupStatus>,
  everyMs: number,
  onStatus: (status: GroupStatus) => void,
): () => void {
  let watching = true;
  let timer: NodeJS.Timeout | undefined;
  let told = '';
  const look = async (): Promise<void> => {
    const status = await ask();
    if (!watching) return;
    const text = JSON.stringify(status);
    if (text !== told) onStatus(status);
    told = text;
    if (status.kind !== 'ended') timer = setTimeout(() => void look(), everyMs);
  };
  void look();
  return () => {
    watching = false;
    clearTimeout(timer);
  };
}
