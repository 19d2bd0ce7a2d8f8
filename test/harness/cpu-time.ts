/**
 * Milliseconds of processor time that a piece of work takes, on a machine of the usual speed: other programs do not
 * count, and a processor that is slow, or shared at this moment, is measured by work that is always the same.
 */
export function cpuTimeOf(work: () => unknown): number {
  const before = slowness()
  const spent = measured()
  work()
  const took = spent()
  return took / Math.max(1, before, slowness())
}

/** The same for work that is waited for. */
export async function cpuTimeOfAsync(work: () => Promise<unknown>): Promise<number> {
  const before = slowness()
  const spent = measured()
  await work()
  const took = spent()
  return took / Math.max(1, before, slowness())
}

function measured(): () => number {
  const before = process.cpuUsage()
  return () => {
    const { user, system } = process.cpuUsage(before)
    return (user + system) / 1_000
  }
}

/** What the work below takes on two cores of 2026 that do nothing else, once it is compiled. */
const usual = 10

/** How many times as long as usual the same work takes now. */
function slowness(): number {
  const spent = measured()
  const words = Array.from({ length: 12_000 }, (_, index) => ({
    key: `${(index * 7_919) % 12_007}`,
    list: [index],
  }))
  const text = JSON.stringify(words.sort((a, b) => a.key.localeCompare(b.key)))
  JSON.parse(text)
  return spent() / usual
}
for (let warm = 0; warm < 5; warm++) slowness()
