import type { Json } from '../../shared/contract/json.ts'
import type { MemoryTurn } from '../../shared/contract/memory.ts'

/** What a hand-written conversation is started with. */
export interface TalkInput {
  workspaceId: string
  appId: string
  chatSessionId: string
  userId: string
}

/** What a person says, and as which turn. */
export interface Said {
  instanceUuid: string
  text: string
}

/** What each activity of a turn is given. */
export interface TurnOrder {
  input: TalkInput
  said: Said
  /** Of how many turns this is the last. */
  number: number
  /** The turns before, as far as the model is told of them. */
  recent: MemoryTurn[]
}

export interface ToolAsked {
  name: string
  arguments: string
}

/** What the agent came to: a reply, or a tool to call first. */
export type Step = { text: string; call?: undefined } | { text?: undefined; call: ToolAsked }

/** A call for each activity, and the whole turn in one. */
export interface TalkActivities {
  classify(order: TurnOrder): Promise<string>
  reply(order: TurnOrder & { used?: { call: ToolAsked; result: Json } }): Promise<Step>
  callTool(call: ToolAsked): Promise<Json>
  store(order: TurnOrder & { reply: string }): Promise<void>
  wholeTurn(order: TurnOrder): Promise<string>
}
