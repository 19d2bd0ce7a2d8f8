import { createClient } from '@redis/client'
import type { LiveSignal } from './signal.ts'

/** Milliseconds after which a command counts as lost, and for which Redis is then left alone. */
const limits = { command: 1_000, leftAlone: 5_000 } as const

export interface RedisChannel {
  /** Tells everyone who listens. Fails at once while Redis is away, and within a second when it hangs. */
  publish(signal: LiveSignal): Promise<void>
  /** `onGap` is called after each (re)connection: signals may have been missed. */
  listen(onSignal: (signal: LiveSignal) => void, onGap: () => void): void
  isUp(): Promise<boolean>
  close(): void
}

/**
 * Redis as the way of live signals. It is connected to in the background, again and again while it is away;
 * `onChange` is called when it comes and goes. Who shares one Redis takes another database number: channels have none
 * of their own, so the number is in the name.
 */
export function openRedis(url: string, onChange: (isUp: boolean) => void = () => {}): RedisChannel {
  const channel = `parley:live:${new URL(url).pathname.slice(1) || 0}`
  const client = createClient({
    url,
    name: 'parley-live',
    // What waited for Redis to come back would be old news.
    disableOfflineQueue: true,
    socket: { connectTimeout: 2_000, reconnectStrategy: (tries) => Math.min(100 * 2 ** tries, 1_000) },
  })
  let wasUp = true
  let leftAloneUntil = 0
  let onReady = () => {}
  const changed = (isUp: boolean) => {
    if (isUp !== wasUp) onChange(isUp)
    wasUp = isUp
  }
  client.on('error', () => changed(client.isReady))
  client.on('ready', () => {
    changed(true)
    onReady()
  })
  client.connect().catch(() => {})

  /** The client's own time limit ends when a command is sent: a Redis that hangs would keep us for ever. */
  const inTime = async <T>(command: Promise<T>): Promise<T> => {
    const { promise, reject } = Promise.withResolvers<never>()
    const timer = setTimeout(() => {
      leftAloneUntil = Date.now() + limits.leftAlone
      reject(new Error(`Redis did not answer within ${limits.command} ms`))
    }, limits.command)
    return Promise.race([command, promise]).finally(() => clearTimeout(timer))
  }
  return {
    publish: async (signal) => {
      if (Date.now() < leftAloneUntil) throw new Error('Redis did not answer a moment ago')
      await inTime(client.publish(channel, JSON.stringify(signal)))
    },
    listen: (onSignal, onGap) => {
      let isSubscribed = false
      onReady = () => {
        // The client subscribes again by itself; the first time it cannot before it is connected.
        if (isSubscribed) return onGap()
        isSubscribed = true
        client
          .subscribe(channel, (message) => onSignal(JSON.parse(message) as LiveSignal))
          .then(onGap)
          .catch(() => {
            isSubscribed = false
          })
      }
      if (client.isReady) onReady()
    },
    isUp: () =>
      client.isReady
        ? inTime(client.ping()).then(
            () => true,
            () => false,
          )
        : Promise.resolve(false),
    close: () => {
      client.removeAllListeners('error')
      client.on('error', () => {})
      if (client.isOpen) client.destroy()
    },
  }
}
