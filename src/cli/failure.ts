/** What people did that cannot be done, known before anything starts; or a fault of the program. One sentence a line. */
export class Failure extends Error {
  readonly exitCode: number;

  constructor(exitCode: number, sentences: string | readonly string[]) {
    super(typeof sentences === 'string' ? sentences : sentences.join('\n'));
    this.name = 'Failure';
    this.exitCode = exitCode;
  }
}
