/** How often what is measured. A round is one batch of each side, the first side in turn, so that whatever else the machine does hits both. */
export interface Size {
  /**
   * Of each side before anything is measured, until the engine has compiled what it does often, as in a worker that has run
   * for a minute or two: an interpreter is more code than a workflow written by hand.
   */
  warmUp: number
  rounds: number
  /** Of each side in a round. */
  runs: number
  atOnce: number
}

/** What a part of the benchmark is asked for. */
export interface PartOrder {
  temporalCli: string
  alone: Size
  crowd: Size
  waiting: { runs: number; wakes: number; wakesPerSecond: number }
  /** Of one conversation: how many there are, and how many of the first and the last ones are compared. */
  session: { messages: number; compared: number }
  live: { firstWords: number; cancels: number }
  /** Tells the person who waits how far it is. */
  say(line: string): void
}

const alone = { atOnce: 1, warmUp: 512 }
// The same sides are warm by then.
const crowd = { atOnce: 32, warmUp: 64 }

export const full = {
  alone: { ...alone, rounds: 10, runs: 8 },
  crowd: { ...crowd, rounds: 6, runs: 64 },
  waiting: { runs: 10_000, wakes: 300, wakesPerSecond: 5 },
  session: { messages: 3_000, compared: 100 },
  live: { firstWords: 200, cancels: 50 },
}

/** For a look while working on something: the figures are rough. */
export const short = {
  alone: { ...alone, rounds: 4, runs: 5 },
  crowd: { ...crowd, rounds: 4, runs: 64 },
  waiting: { runs: 1_000, wakes: 50, wakesPerSecond: 5 },
  session: { messages: 300, compared: 100 },
  live: { firstWords: 50, cancels: 20 },
}
