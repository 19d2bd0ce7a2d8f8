import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { MetricMeter } from '@temporalio/common'

/** Figures of the process itself, every five seconds: whether its one thread keeps up, and what it takes of memory. */
export function watchProcess(meter: MetricMeter): { stop(): void } {
  const lag = meter.createGauge(
    'parley_event_loop_lag_seconds',
    'float',
    'seconds',
    'How late timers fired in the last seconds, 99th percentile',
  )
  const memory = meter.createGauge('parley_memory_bytes', 'int', 'bytes', 'Resident memory and heap in use')
  const delays = monitorEventLoopDelay({ resolution: 20 })
  delays.enable()
  const look = () => {
    lag.set(delays.percentile(99) / 1e9)
    delays.reset()
    const { rss, heapUsed } = process.memoryUsage()
    memory.set(rss, { kind: 'resident' })
    memory.set(heapUsed, { kind: 'heap' })
  }
  const timer = setInterval(look, 5_000)
  timer.unref()
  look()
  return {
    stop: () => {
      clearInterval(timer)
      delays.disable()
    },
  }
}
