import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { connectHttp } from '../../client/http.ts'
import { type Figure, median, ms, percentile } from '../figures.ts'
import { type Held, type HeldModel, startHeldModel } from '../held-model.ts'
import type { PartOrder } from '../order.ts'
import { openPlace } from '../place.ts'
import { publishOverHttp } from '../publish.ts'
import { openReader, type Reader } from '../reader.ts'
import { parrot, question } from '../talk.ts'

const warmUpTurns = 10
/** Cancels come at any moment between two heartbeats. */
const betweenHeartbeats = 500

/** What somebody in front of a chat sees at once: the model's first word, and that a cancel stops it. */
export async function measureLive({ temporalCli, live, say }: PartOrder): Promise<Figure[]> {
  const place = await openPlace({ temporalCli })
  const model = await startHeldModel(place.modelPort)
  await Promise.all([place.start('worker'), place.start('api')])
  const parley = connectHttp({ baseUrl: place.apiUrl })
  const workflowId = await publishOverHttp(parley, parrot)
  const chatSessionId = randomUUID()
  const send = () => parley.sendMessage(chatSessionId, { workflowId, userMessage: question })
  let reader: Reader | undefined
  try {
    // The first message begins the conversation: there is nothing to read before it.
    const { instanceUuid, held } = await begin(send, model)
    held.finish()
    reader = openReader(parley, chatSessionId)
    await reader.ended(instanceUuid)

    const firstWord = async (page: Reader): Promise<number> => {
      const turn = await begin(send, model)
      const heard = await page.firstWord(turn.instanceUuid)
      turn.held.finish()
      await page.ended(turn.instanceUuid)
      return heard - turn.held.sentAt
    }
    for (let turn = 0; turn < warmUpTurns; turn++) await firstWord(reader)
    const words: number[] = []
    while (words.length < live.firstWords) words.push(await firstWord(reader))
    say(`  ${words.length} first words read`)

    const cancels: number[] = []
    while (cancels.length < live.cancels) {
      const turn = await begin(send, model)
      await reader.firstWord(turn.instanceUuid)
      await pause(Math.random() * betweenHeartbeats)
      const asked = performance.now()
      await parley.cancel(turn.instanceUuid)
      cancels.push((await turn.held.closed) - asked)
      const end = await reader.ended(turn.instanceUuid)
      if (end !== 'cancelled') throw new Error(`a turn that was cancelled is ${end}`)
    }
    say(`  ${cancels.length} turns cancelled`)

    return [
      {
        name: "model's first word until a reader over HTTP has it, p50",
        ours: ms(median(words)),
        value: median(words),
        target: { most: 20, unit: 'ms' },
      },
      { name: 'the same, p95', ours: ms(percentile(words, 95)) },
      {
        name: 'cancel asked for until the connection to the model is closed, p50',
        ours: ms(median(cancels)),
      },
      {
        name: 'the same, p95',
        ours: ms(percentile(cancels, 95)),
        value: percentile(cancels, 95),
        target: { most: 1_000, unit: 'ms' },
      },
    ]
  } finally {
    reader?.close()
    await model.close()
    await place.close()
  }
}

/** A turn whose reply has begun. */
async function begin(
  send: () => Promise<{ instanceUuid: string }>,
  model: HeldModel,
): Promise<{ instanceUuid: string; held: Held }> {
  const [{ instanceUuid }, held] = await Promise.all([send(), model.begun()])
  return { instanceUuid, held }
}
