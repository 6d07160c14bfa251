/** Why a file that a trial needs is not on this node: one sentence. */
export class FileProblem extends Error {}

/** It came, and is not what was planned. */
export class WrongContent extends FileProblem {}
