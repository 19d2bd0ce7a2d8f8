import type { JsonSchema } from '../../../shared/contract/json-schema.ts'

/** Something the model may call. */
export interface ModelTool {
  /** Of letters, digits, `_` and `-`, at most 64: what all providers take. */
  name: string
  description: string
  /** The shape of its arguments. */
  parameters: JsonSchema
}

/** A call that the model wants to be made. Its arguments are the model's own words: JSON, or not. */
export interface ModelToolCall {
  id: string
  name: string
  arguments: string
}

/** What came after the first message: answers, what they were told, and what their calls gave. */
export type ModelTurn =
  | { role: 'user'; content: string }
  | { role: 'assistant'; content: string; calls?: ModelToolCall[] }
  | { role: 'tool'; callId: string; content: string }

/** One call of a language model. */
export interface ModelRequest {
  system: string
  user: string
  history?: ModelTurn[]
  /** Set where JSON is wanted; its name is for the provider only. */
  json?: { schema?: JsonSchema | undefined }
  tools?: ModelTool[]
  /** `none`: it knows the tools, and must answer without them. */
  toolChoice?: 'none'
  /** Another model than the configured one. */
  model?: string | undefined
  /** What it may write at most. */
  maxTokens?: number
}

export interface ModelReply {
  text: string
  /** Calls it wants to be made, side by side, before it goes on. */
  calls?: ModelToolCall[]
  model: string
  tokensIn: number
  tokensOut: number
  /** Set where the words must be told apart from a real model's: `Demo model`. */
  label?: string
}

export interface ModelCall {
  signal: AbortSignal
  /** Text as it is written. Calls may still follow it. */
  onDelta?: (text: string) => void
}

/** The ability to write: any language model. Fails with `ProviderBusy` (worth another try) or `ProviderRefused`. */
export interface Models {
  /** What the configured model is called. */
  readonly model?: string | undefined
  generate(request: ModelRequest, call: ModelCall): Promise<ModelReply>
}
