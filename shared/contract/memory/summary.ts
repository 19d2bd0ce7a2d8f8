import type { MemoryStrategy } from './strategy.ts'

/** The latest turns in full, and a running summary of those before. What is not summarised yet goes in full. */
export const summary: MemoryStrategy = {
  fullAfter: (latest, turns, through) => Math.max(0, Math.min(latest - turns, through)),
  summariseThrough: (latest, turns) => Math.max(0, latest - turns),
}
