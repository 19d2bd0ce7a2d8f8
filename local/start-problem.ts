/** Why a start cannot go on, said to the person who typed `npm start`, with what to do about it. */
export class StartProblem extends Error {
  readonly cure: string

  constructor(message: string, cure: string) {
    super(message)
    this.cure = cure
  }
}
