/** What travels between processes. Durable things travel as ids, and are read from SQL; only deltas carry text. */
export type LiveSignal =
  /** New journal entries of a stream, up to `seq`. */
  | {
      t: 'journal'
      workspaceId: string
      appId: string
      streamId: string
      instanceUuid: string
      seq: number
      status: string
      percent: number
      startedById: string | null
      /** Of a conversation, outside of its turns. */
      isSession?: true
    }
  /** A piece of a text that is being written. `offset` counts UTF-16 units from the start of the text of this attempt. */
  | {
      t: 'delta'
      streamId: string
      instanceUuid: string
      messageId: string
      path: string
      attempt: number
      offset: number
      text: string
    }
  /** What was written of this text so far is void: a new attempt begins. */
  | { t: 'reset'; streamId: string; instanceUuid: string; messageId: string; path: string; attempt: number }
  | { t: 'notice'; workspaceId: string; appId: string; userId: string }
