import { randomUUID } from 'node:crypto'
import { type ChatSession, HttpProblem } from '../../client/http.ts'
import { callOf } from '../call-of.ts'
import type { Context } from '../context.ts'
import { type FollowOrder, reply } from '../conversation/follow-run.ts'
import { readGivenAnswers } from '../conversation/given-answers.ts'
import { patiently } from '../conversation/run-feed.ts'
import type { Dialogue } from '../prompts/dialogue.ts'
import { oneLine } from '../screen/plain.ts'
import { Interrupted, Settled } from '../screen/prompts.ts'
import { paint } from '../screen/spans.ts'
import { ChatTranscript } from './chat-transcript.ts'
import { SessionFeed } from './session-feed.ts'
import { TypedLine } from './typed-line.ts'

type Begun = Pick<ChatSession, 'instanceUuid' | 'messages'>

export interface Chat {
  chatSessionId: string
  workflowId: string
  name: string
  welcome: string | undefined
  /** As it stood when we came, when it was begun before. */
  begun: Begun | undefined
}

/** Talks with a workflow until the person leaves or ends the conversation. */
export async function talk(chat: Chat, context: Context): Promise<void> {
  await new Talk(chat, context).run()
}

class Talk {
  private readonly chat: Chat
  private readonly context: Context
  private readonly dialogue: Dialogue
  private readonly voice: ChatTranscript
  private readonly keyboard: TypedLine
  private feed: SessionFeed | undefined
  private isOver = false
  private interrupts = 0
  private readonly sending = new Set<Promise<void>>()
  private failure: unknown

  constructor(chat: Chat, context: Context) {
    this.chat = chat
    this.context = context
    this.dialogue = context.dialogue as Dialogue
    this.voice = new ChatTranscript(context.screen)
    this.keyboard = new TypedLine(context.terminal, context.screen, {
      line: (text) => this.later(text.startsWith('/') ? this.command(text) : this.say(text)),
      esc: () => this.cancelTurn(),
      ctrlC: () => this.interrupt(),
    })
  }

  async run(): Promise<void> {
    const { begun, name, welcome, chatSessionId } = this.chat
    const { screen, client } = this.context
    screen.say(paint('bold', oneLine(name)))
    this.voice.remark(
      'A number sends its suggestion. /end ends the conversation, /quit (Ctrl-C twice) leaves it.',
    )
    const interrupt = () => this.interrupt()
    process.on('SIGINT', interrupt)
    try {
      if (begun) this.join(begun)
      else if (welcome) this.voice.welcome(welcome)
      let draft = ''
      while (!this.isOver) {
        draft += await this.untilIdle()
        if (this.isOver) break
        this.voice.offer(this.feed?.suggestions ?? [])
        draft = await this.prompt(draft)
      }
    } finally {
      process.off('SIGINT', interrupt)
      this.keyboard.rest()
      this.feed?.close()
      screen.rest()
    }
    if (this.feed) screen.say(`Come back with: ${callOf(`chat --session ${chatSessionId}`, client)}`)
  }

  /** Tells what was said before, and waits for what is under way. */
  private join({ instanceUuid, messages }: Begun): void {
    const newest = instanceUuid ?? messages.at(-1)?.instanceUuid
    const feed = this.follow()
    if (newest) feed.expect(newest)
  }

  private follow(): SessionFeed {
    this.feed ??= new SessionFeed(this.context.client, this.chat.chatSessionId, this.voice)
    return this.feed
  }

  /** Until nothing is under way: asks what the turns ask. Gives what was typed meanwhile and not sent. */
  private async untilIdle(): Promise<string> {
    let draft = ''
    for (;;) {
      if (this.failure) throw this.failure
      const { feed } = this
      if (this.isOver || (this.sending.size === 0 && !feed?.isBusy)) return draft + this.keyboard.rest()
      if (feed?.asked) {
        draft += this.keyboard.rest()
        await this.reply(feed, feed.asked)
        continue
      }
      this.keyboard.listen()
      await Promise.race([...this.sending, ...(feed ? [feed.next()] : [])])
    }
  }

  private async reply(
    feed: SessionFeed,
    { requestId, instanceUuid }: { requestId: string; instanceUuid: string },
  ): Promise<void> {
    const { client } = this.context
    const order: FollowOrder = {
      client,
      instanceUuid,
      me: await patiently(() => client.me(), this.voice),
      voice: this.voice,
      dialogue: this.dialogue,
      answers: readGivenAnswers(),
      approve: false,
      unanswered: 'wait',
    }
    try {
      await reply(requestId, order, feed)
    } catch (error) {
      if (error instanceof Interrupted) {
        feed.leave(requestId)
        this.interrupt()
      } else if (!(error instanceof Settled)) throw error
    }
  }

  /** Asks for a message, and sends it. */
  private async prompt(draft: string): Promise<string> {
    const { prompts } = this.dialogue
    let typed: string
    try {
      typed = (
        await prompts.text({
          message: 'You',
          initial: draft,
          refuse: (text) => (text.trim() === '' ? 'Please type something.' : undefined),
        })
      ).trim()
    } catch (error) {
      if (!(error instanceof Interrupted)) throw error
      this.interrupt()
      return ''
    }
    if (typed.startsWith('/')) await this.command(typed)
    else this.later(this.say(this.feed?.suggestions[Number(typed) - 1] ?? typed, typed))
    return ''
  }

  private later(work: Promise<void>): void {
    const settled = work
      .catch((error: unknown) => {
        this.failure ??= error
      })
      .finally(() => this.sending.delete(settled))
    this.sending.add(settled)
    this.feed?.changed()
  }

  private async say(userMessage: string, typed = userMessage): Promise<void> {
    const { client } = this.context
    const { chatSessionId, workflowId } = this.chat
    const idempotencyKey = randomUUID()
    this.interrupts = 0
    this.voice.typing(userMessage)
    if (typed !== userMessage || this.feed?.isBusy)
      this.context.screen.say(`${paint('cyan', '›')} ${oneLine(userMessage)}`)
    try {
      const taken = await patiently(
        () => client.sendMessage(chatSessionId, { workflowId, userMessage }, { idempotencyKey }),
        this.voice,
      )
      this.follow().expect(taken.instanceUuid)
    } catch (error) {
      if (!(error instanceof HttpProblem) || (error.status !== 409 && error.status !== 422)) throw error
      this.voice.notSent(userMessage, error.detail)
    }
  }

  private async command(line: string): Promise<void> {
    const { client } = this.context
    const known: Record<string, () => Promise<unknown> | unknown> = {
      '/quit': () => this.leave(),
      '/end': async () => {
        if (this.feed) await patiently(() => client.endSession(this.chat.chatSessionId), this.voice)
        this.voice.remark('The conversation has ended.')
        this.leave()
      },
    }
    const run = known[line.split(' ')[0] as string]
    if (run) await run()
    else this.voice.remark(`There is no ${oneLine(line, 40)}: /end ends the conversation, /quit leaves it.`)
  }

  private leave(): void {
    this.isOver = true
    this.feed?.changed()
  }

  /** The first time stops the turn under way; the second time leaves. */
  private interrupt(): void {
    this.interrupts += 1
    if (this.interrupts > 1) this.leave()
    else if (!this.cancelTurn()) this.voice.remark('Ctrl-C once more leaves.')
  }

  private cancelTurn(): boolean {
    const turn = this.feed?.turn
    if (turn) this.later(this.cancel(turn))
    return turn !== undefined
  }

  private async cancel(instanceUuid: string): Promise<void> {
    try {
      await patiently(() => this.context.client.cancel(instanceUuid), this.voice)
    } catch (error) {
      // It ended in the meantime.
      if (!(error instanceof HttpProblem && error.status === 409)) throw error
    }
  }
}
