/** A request that can never become a card. The message is for the person who built the workflow. */
export class CardProblem extends Error {
  override name = 'CardProblem'
}
