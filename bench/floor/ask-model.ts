import type OpenAI from 'openai'

type Request = Omit<OpenAI.ChatCompletionCreateParamsStreaming, 'stream' | 'stream_options'>

export interface Said {
  text: string
  /** The arguments of the tool that it wants called, as it wrote them. */
  call: { name: string; arguments: string } | undefined
  tokensIn: number
  tokensOut: number
}

/** One model call, streamed. `show` gets the first piece at once and the rest at the end. */
export async function askModel(
  openai: OpenAI,
  request: Request,
  signal: AbortSignal,
  show: (text: string, offset: number) => Promise<void> = async () => {},
): Promise<Said> {
  const chunks = await openai.chat.completions.create(
    { ...request, stream: true, stream_options: { include_usage: true } },
    { signal },
  )
  const said: Said = { text: '', call: undefined, tokensIn: 0, tokensOut: 0 }
  let shown: Promise<void> | undefined
  let offset = 0
  for await (const { choices, usage } of chunks) {
    const delta = choices[0]?.delta
    said.text += delta?.content ?? ''
    const [called] = delta?.tool_calls ?? []
    if (called?.function)
      said.call = { name: called.function.name ?? '', arguments: called.function.arguments ?? '' }
    if (!shown && said.text) {
      shown = show(said.text, 0)
      offset = said.text.length
    }
    if (usage) {
      said.tokensIn = usage.prompt_tokens
      said.tokensOut = usage.completion_tokens
    }
  }
  await shown
  if (said.text.length > offset) await show(said.text.slice(offset), offset)
  return said
}
