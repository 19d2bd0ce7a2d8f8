import { setTimeout as pause } from 'node:timers/promises'
import type { TestApi } from './api.ts'
import { until } from './until.ts'

/** Somebody else, who asks the API for something small again and again. */
export interface Neighbour {
  /** Milliseconds that 19 of 20 of the requests took at most, once there were enough of them to tell. */
  p95(): Promise<number>
  stop(): Promise<void>
}

export function startNeighbour(api: TestApi): Neighbour {
  const waits: number[] = []
  let fault: unknown
  let goesOn = true
  const ask = async () => {
    while (goesOn) {
      const began = performance.now()
      const { status } = await api.as('member').get('R/catalog')
      if (status !== 200) throw new Error(`the neighbour was answered ${status}`)
      waits.push(performance.now() - began)
      await pause(10)
    }
  }
  const asking = ask().catch((error: unknown) => {
    fault = error
  })
  return {
    p95: async () => {
      await until('requests enough to tell', () => {
        if (fault) throw fault
        return waits.length >= 100
      })
      return waits.toSorted((a, b) => a - b)[Math.floor(waits.length * 0.95)] as number
    },
    stop: async () => {
      goesOn = false
      await asking
    },
  }
}
