/** What a way of remembering decides, from the number of the latest turn and the builder's `turns`. Turns count from 1. */
export interface MemoryStrategy {
  /** The turns behind this one are given in full. `through` is the last one that the summary covers. */
  fullAfter(latest: number, turns: number, through: number): number
  /** How far the summary of what came before should reach; 0 where none is kept. */
  summariseThrough(latest: number, turns: number): number
}
