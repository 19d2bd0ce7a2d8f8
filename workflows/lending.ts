import { AskForPerson } from '../shared/contract/handoff.ts'

/**
 * Actions that a conversation runs, and the persons they ask it for. Plain and synchronous, like the desk it stands at.
 * One person at a time: who is asked for later waits until the one before has left.
 */
export class Lending {
  private waiting: AskForPerson[] = []
  private readonly borrowers = new Set<string>()

  layOut(asks: AskForPerson[]): void {
    this.waiting = [...asks]
  }

  get asks(): AskForPerson[] {
    return this.waiting
  }

  clear(): void {
    this.waiting = []
    this.borrowers.clear()
  }

  /** An action that may ask from now on. */
  admit(instanceUuid: string): void {
    this.borrowers.add(instanceUuid)
  }

  /** It has ended, and with it what it asked for. */
  dismiss(instanceUuid: string): void {
    this.borrowers.delete(instanceUuid)
    this.waiting = this.waiting.filter((ask) => ask.instanceUuid !== instanceUuid)
  }

  /** A signal came. What does not fit, or is not from an action under way, changes nothing. */
  hear(payload: unknown): void {
    const { data: ask } = AskForPerson.safeParse(payload)
    if (!ask || !this.borrowers.has(ask.instanceUuid)) return
    if (ask.withdrawn) this.done(ask)
    else if (!this.isWanted(ask)) this.waiting.push(ask)
  }

  /** What an action asks for, once no other comes before it. */
  nextOf(instanceUuid: string): AskForPerson | undefined {
    const [first] = this.waiting
    return first?.instanceUuid === instanceUuid ? first : undefined
  }

  hasAsked(instanceUuid: string): boolean {
    return this.waiting.some((ask) => ask.instanceUuid === instanceUuid)
  }

  isWanted(ask: AskForPerson): boolean {
    return this.waiting.some((one) => isSame(one, ask))
  }

  done(ask: AskForPerson): void {
    this.waiting = this.waiting.filter((one) => !isSame(one, ask))
  }
}

const isSame = (one: AskForPerson, other: AskForPerson): boolean =>
  one.instanceUuid === other.instanceUuid && one.path === other.path
