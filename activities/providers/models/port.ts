import type { JsonSchema } from '../../../shared/contract/json-schema.ts'

/** One call of a language model. */
export interface ModelRequest {
  system: string
  user: string
  /** Answers that came before in the same exchange: a repair shows the model its own wrong answer. */
  history?: { role: 'assistant' | 'user'; content: string }[]
  /** Set where JSON is wanted; its name is for the provider only. */
  json?: { schema?: JsonSchema | undefined }
  /** Another model than the configured one. */
  model?: string | undefined
}

export interface ModelReply {
  text: string
  model: string
  tokensIn: number
  tokensOut: number
  /** Set where the words must be told apart from a real model's: `Demo model`. */
  label?: string
}

export interface ModelCall {
  signal: AbortSignal
  onDelta?: (text: string) => void
}

/** The ability to write: any language model. Fails with `ProviderBusy` (worth another try) or `ProviderRefused`. */
export interface Models {
  generate(request: ModelRequest, call: ModelCall): Promise<ModelReply>
}
