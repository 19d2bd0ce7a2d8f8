import { Command } from 'commander'
import type { CatalogCard } from '../../client/http.ts'
import type { Json } from '../../shared/contract/json.ts'
import { callOf } from '../call-of.ts'
import type { Context } from '../context.ts'
import { converse } from '../conversation/converse.ts'
import { readGivenAnswers, readObject } from '../conversation/given-answers.ts'
import { shortId } from '../conversation/names.ts'
import { findWorkflow } from '../find-workflow.ts'
import { oneLine } from '../screen/plain.ts'
import { paint } from '../screen/spans.ts'
import { UsageError } from '../usage-error.ts'

interface RunOptions {
  answer?: string[]
  answers?: string
  input?: string
  approve?: boolean
  wait: boolean
  out?: string
}

const collect = (value: string, before: string[] = []): string[] => [...before, value]

export const runCommand = (contextOf: () => Context): Command =>
  new Command('run')
    .description('start a workflow and talk with it')
    .argument('[workflow]', 'its name, a part of the name, or its id; without one you choose')
    .option(
      '--answer <key=value>',
      'answer the question of the step “key” beforehand; key=@file for a file (repeatable)',
      collect,
    )
    .option('--answers <file>', 'such answers from a JSON file')
    .option('--input <json>', 'start input, as JSON or @file.json')
    .option('--approve', 'approve whatever you may approve')
    .option('--no-wait', 'only start it')
    .option('--out <folder>', 'where results are saved')
    .action(async (word: string | undefined, options: RunOptions) => {
      const context = contextOf()
      const { client, dialogue } = context
      const answers = readGivenAnswers(options.answer, options.answers)
      const input = options.input === undefined ? undefined : readInput(options.input)
      const workflow = await findWorkflow(word, client, dialogue)
      const started = await client.startRun({
        workflowId: workflow.workflowId,
        ...(input === undefined ? {} : { input }),
      })
      if (!options.wait) {
        context.print([`Started: ${callOf(`watch ${shortId(started.instanceUuid)}`, client)}`], started)
        return
      }
      announce(workflow, started.instanceUuid, context)
      const exitCode = await converse(started.instanceUuid, context, {
        answers,
        approve: options.approve ?? false,
        unanswered: 'fail',
        out: options.out,
      })
      context.end(exitCode)
    })

function announce({ name }: CatalogCard, instanceUuid: string, { client, json, screen }: Context): void {
  if (json) return
  screen.say(paint('bold', oneLine(name)))
  const back = callOf(`watch ${shortId(instanceUuid)}`, client)
  screen.say(paint('dim', `You may leave at any time (Ctrl-C) and come back: ${back}`))
}

function readInput(given: string): Json {
  if (given.startsWith('@')) return readObject(given.slice(1))
  try {
    return JSON.parse(given) as Json
  } catch {
    throw new UsageError('--input is JSON, for example --input \'{"customer": "Northwind"}\', or @file.json.')
  }
}
