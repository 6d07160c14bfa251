import { type Command, Option } from 'commander';

/** Which engine, and where of it, for verbs that find what runs left there. */
export const whichEngine = (command: Command): Command =>
  command
    .addOption(new Option('--engine <name>', 'which engine').choices(['local', 'slurm', 'kubernetes']).default('local'))
    .option('--shared <folder>', "the runs' fleet.slurm.shared, where it is not ~/.loadcell")
    .option('--context <name>', "the runs' fleet.kubernetes.context, where it is not the kubeconfig's current one")
    .option('--namespace <name>', "the runs' fleet.kubernetes.namespace, where it is not the context's own");
