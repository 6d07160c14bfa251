/** Parsers of the files that describe a node. Pure; what is not there is null. */

/** `PRETTY_NAME` of `/etc/os-release` (os-release(5)). */
export const parseOsName = (text: string): string | null => /^PRETTY_NAME="?(.*?)"?$/m.exec(text)?.[1] ?? null;

/**
 * CPU seconds per second that a cgroup may use: `cpu.max` of version 2 (`max 100000`, `150000 100000`), or quota and
 * period of version 1 in the same order (`-1 100000`). Null: no limit.
 */
export function parseCpuMax(text: string): number | null {
  const [quota = '', period = ''] = text.trim().split(/\s+/);
  const share = Number(quota) / Number(period);
  return Number(quota) > 0 && Number.isFinite(share) ? share : null;
}

/** How many a list such as `0-3,5` names (`/sys/devices/system/node/online`); null: it is none. */
export function parseList(text: string): number | null {
  if (!/^\d+(-\d+)?(,\d+(-\d+)?)*$/.test(text)) return null;
  return text.split(',').reduce((sum, part) => {
    const [first = 0, last = first] = part.split('-').map(Number);
    return sum + last - first + 1;
  }, 0);
}
