/** Workflows for a worker's threads: two that never come to an end of a task, and one that does. */
export async function spin(): Promise<void> {
  for (;;);
}

export async function wait(): Promise<void> {
  for (;;) await undefined
}

export async function end(): Promise<string> {
  return 'over'
}
