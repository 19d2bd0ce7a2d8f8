import type { MemoryStrategy } from './strategy.ts'

/** Every message stands for itself. */
export const none: MemoryStrategy = {
  fullAfter: (latest) => latest,
  summariseThrough: () => 0,
}
