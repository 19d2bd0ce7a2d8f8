import { runProgram } from './program.ts'
import { processTerminal } from './screen/terminal.ts'

// A reader that goes away early, such as head, is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit()
})

process.exitCode = await runProgram(process.argv.slice(2), processTerminal)
