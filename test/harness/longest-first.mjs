// Plain JavaScript, like the other files that Jest itself loads.
import Sequencer from '@jest/test-sequencer'

/** Folders whose files start, kill or wait for real processes: the longest come from these. */
const long = /\/test\/(faults|local|scaled|bench|examples)\//

/**
 * Begins with what takes longest, so that no process works alone at the end. Jest does so by itself only where it has run
 * before; elsewhere it goes by the sizes of files.
 */
export default class extends Sequencer {
  sort(tests) {
    const sorted = super.sort(tests)
    return [...sorted.filter(({ path }) => long.test(path)), ...sorted.filter(({ path }) => !long.test(path))]
  }
}
