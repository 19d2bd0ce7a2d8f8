/** What a card says, without the marks of Markdown; empty where it says nothing. */
export interface CardWords {
  title: string
  text: string
}
