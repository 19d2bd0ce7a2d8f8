/** Vectors of texts, each of length 1, in the order of the texts. */
export interface Embedded {
  vectors: number[][]
  model: string
  tokensIn: number
}

/** Turns texts into vectors that are near each other where the texts mean the same. */
export interface Embeddings {
  /** The name under which vectors are kept: those of different models cannot be compared. */
  model: string
  embed(texts: string[], call: { signal: AbortSignal }): Promise<Embedded>
}
