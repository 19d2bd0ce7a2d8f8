/** Milliseconds of processor time that a piece of work takes: other programs on the machine do not count. */
export function cpuTimeOf(work: () => unknown): number {
  const before = process.cpuUsage()
  work()
  return since(before)
}

/** The same for work that is waited for. */
export async function cpuTimeOfAsync(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage()
  await work()
  return since(before)
}

function since(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1_000
}
