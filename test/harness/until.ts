/** Waits for a condition, and fails with what it was when the time is over. Asks often at first, then every 50 ms. */
export async function until<T>(
  what: string,
  ask: () => Promise<T | undefined | false> | T | undefined | false,
  within = 40_000,
): Promise<T> {
  const end = Date.now() + within
  for (let pause = 20; ; pause = Math.min(1.2 * pause, 50)) {
    const found = await ask()
    if (found !== undefined && found !== false) return found
    if (Date.now() > end) throw new Error(`waited ${within} ms in vain for ${what}`)
    await new Promise((resolve) => setTimeout(resolve, pause))
  }
}
