/** Chance that can be had again: the same seed gives the same numbers. From 0 to 1, like `Math.random` (mulberry32). */
export function dice(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** The seed of this run: another one by `PARLEY_SEED`. */
export const seed = Number(process.env.PARLEY_SEED ?? 7)
