/** A request that can never become a document. The message is for the person who built the workflow. */
export class DocumentProblem extends Error {
  override name = 'DocumentProblem'
}
