import type { MemoryStrategy } from './strategy.ts'

/** The latest turns in full, and nothing of those before. */
export const last: MemoryStrategy = {
  fullAfter: (latest, turns) => Math.max(0, latest - turns),
  summariseThrough: () => 0,
}
