import { Option } from 'commander';

/** `--listen`. `usual`: where it listens when neither campaign nor command line says so. */
export const listenOption = (usual: string): Option =>
  new Option(
    '--listen <host:port>',
    `where agents dial in; encrypted unless it is loopback (default: fleet.coordinator.listen, else ${usual})`,
  );

/** `--advertise` */
export const advertiseOption = (): Option =>
  new Option(
    '--advertise <host>',
    'by which address agents on other nodes reach it (default: fleet.coordinator.advertise)',
  );
