import { readFile } from 'node:fs/promises'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import mammoth from 'mammoth'
import OpenAI from 'openai'
import { extractText, getDocumentProxy } from 'unpdf'
import { createDemoModel } from '../../local/demo-model/server.ts'

/** A running demo model and the official client for it. */
export interface DemoModel {
  openai: OpenAI
  url: string
  /** Connections that are open now. */
  connections(): Promise<number>
  stop(): Promise<void>
}

export const startDemoModel = async (delayMs = 0): Promise<DemoModel> => {
  const server: Server = createDemoModel({ delayMs })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    openai: new OpenAI({ apiKey: 'none', baseURL: `${url}/v1`, maxRetries: 0 }),
    url,
    connections: () =>
      new Promise((resolve, reject) =>
        server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
      ),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

const inputs = new URL('../../examples/sales-package/files/', import.meta.url)
const bytesOf = (name: string) => readFile(new URL(name, inputs))

const fileBlock = (name: string, text: string) => `<file name="${name}">\n${text}\n</file>`

/** The real call notes and product sheet as text, and the case study's words, as a prompt holds them. */
export const dealFiles = async (): Promise<string> => {
  const notes = await extractText(await getDocumentProxy(new Uint8Array(await bytesOf('call-notes.pdf'))), {
    mergePages: true,
  })
  const sheet = await mammoth.extractRawText({ buffer: await bytesOf('product-sheet.docx') })
  const study =
    '## Slide 1: Nordkyst Frakt: case study\n\n- 640 drivers, 22 depots\n- Missed slots 1.9 % to 0.6 % in seven months\n- Training: two shift briefings of 20 minutes\n\n## Slide 2: How it was introduced\n\n- Weeks 1 to 8: read-only connector\n- Week 9: security review\n- Week 10: write access for two depots'
  return [
    fileBlock('call-notes.pdf', notes.text),
    fileBlock('product-sheet.docx', sheet.value),
    fileBlock('case-study.pptx', study),
  ].join('\n')
}

export const house = 'You write for Fleetline.\nWords to avoid: revolutionary, best-in-class'

export const ask = async (
  { openai }: DemoModel,
  user: string,
  more: Partial<OpenAI.ChatCompletionCreateParamsNonStreaming> = {},
  system = house,
): Promise<OpenAI.ChatCompletion> =>
  openai.chat.completions.create({
    model: 'parley-demo',
    messages: [
      { role: 'system', content: system },
      { role: 'user', content: user },
    ],
    ...more,
  })

export const textOf = (completion: OpenAI.ChatCompletion): string =>
  completion.choices[0]!.message.content ?? ''

export const shape = (
  schema: Record<string, unknown>,
): Pick<OpenAI.ChatCompletionCreateParamsNonStreaming, 'response_format'> => ({
  response_format: { type: 'json_schema', json_schema: { name: 'answer', schema } },
})
