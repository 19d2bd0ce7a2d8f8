import { Command, CommanderError } from 'commander'
import { answerCommand } from './commands/answer.ts'
import { approveCommand } from './commands/approve.ts'
import { cancelCommand } from './commands/cancel.ts'
import { chatCommand } from './commands/chat.ts'
import { doctorCommand } from './commands/doctor.ts'
import { exportCommand } from './commands/export.ts'
import { handoffsCommand } from './commands/handoffs.ts'
import { listCommand } from './commands/list.ts'
import { logCommand } from './commands/log.ts'
import { mailboxCommand } from './commands/mailbox.ts'
import { openCommand } from './commands/open.ts'
import { retryCommand } from './commands/retry.ts'
import { rewindCommand } from './commands/rewind.ts'
import { runCommand } from './commands/run.ts'
import { watchCommand } from './commands/watch.ts'
import { createContext, type GlobalOptions } from './context.ts'
import { explainFailure } from './explain-failure.ts'
import { paint } from './screen/spans.ts'
import type { Terminal } from './screen/terminal.ts'
import { exitCodes } from './usage-error.ts'

/** Runs one command line and gives the exit code. */
export async function runProgram(args: string[], terminal: Terminal): Promise<number> {
  let exitCode: number = exitCodes.ok
  const end = (code: number) => {
    exitCode = code
  }
  const program = new Command('parley')
  const contextOf = () => createContext(program.opts<GlobalOptions>(), terminal, end)
  program
    .description('Start workflows, talk with them, decide, and see how they go.')
    .option('--url <address>', 'where Parley is (default: PARLEY_PUBLIC_URL, or this machine)')
    .option('--key <key>', 'an API key (default: PARLEY_API_KEY)')
    .option('--json', 'JSON for scripts, and no questions')
    .option('--verbose', 'the whole error when something fails')
    .helpCommand(false)
    .showSuggestionAfterError()
  const commands = [
    listCommand,
    runCommand,
    chatCommand,
    watchCommand,
    answerCommand,
    approveCommand,
    cancelCommand,
    openCommand,
    retryCommand,
    rewindCommand,
    logCommand,
    exportCommand,
    handoffsCommand,
    mailboxCommand,
    doctorCommand,
  ]
  for (const command of commands) program.addCommand(command(contextOf))
  for (const command of [program, ...program.commands, ...program.commands.flatMap((one) => one.commands)])
    command.exitOverride().configureOutput({
      writeOut: (text) => terminal.output.write(text),
      writeErr: (text) => terminal.errors.write(text.replace(/^error: /, '')),
    })
  try {
    await program.parseAsync(args, { from: 'user' })
  } catch (error) {
    // Commander has said what is wrong; help and version are no failures.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage
    return tellFailure(error, program.opts<GlobalOptions>(), terminal)
  }
  return exitCode
}

function tellFailure(error: unknown, { json, verbose }: GlobalOptions, terminal: Terminal): number {
  const { lines, exitCode, code } = explainFailure(error)
  if (json)
    terminal.output.write(`${JSON.stringify({ event: 'error', data: { code, detail: lines.join('\n') } })}\n`)
  for (const line of lines)
    terminal.errors.write(`${terminal.errors === process.stderr ? paintError(line) : line}\n`)
  if (verbose && error instanceof Error) terminal.errors.write(`${error.stack}\n`)
  return exitCode
}

const paintError = (line: string): string => (process.stderr.isTTY ? paint('red', line) : line)
