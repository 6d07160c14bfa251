import { networkInterfaces } from 'node:os';

/** Nodes are on this machine alone. */
export const NODE_ADDRESS = '127.0.0.1';

/** Pods share the network of the machine: they have an address that others could reach, where it has one. */
export const POD_ADDRESS =
  Object.values(networkInterfaces())
    .flat()
    .find((one) => one?.family === 'IPv4' && !one.internal)?.address ?? NODE_ADDRESS;
