/** XID errors after which a GPU does not compute, or not what it is asked to (NVIDIA's XID catalogue). */
const FATAL: ReadonlySet<number> = new Set([48, 62, 64, 74, 79, 95, 119, 120]);

export const isFatalXid = (xid: number): boolean => FATAL.has(xid);
