import type { Settings } from './settings.ts'

/** What the person at the terminal needs once everything runs. */
export function announcement(
  { port, temporal, realModel }: Settings,
  env: NodeJS.ProcessEnv,
  { dataFolder, seconds }: { dataFolder: string; seconds: number },
): string {
  const model = env.OPENAI_MODEL ?? 'default model'
  const rows = [
    ['API', `http://localhost:${port}`],
    ['Documentation', `http://localhost:${port}/docs`],
    ['Temporal Web UI', env.TEMPORAL_UI_URL || ('given' in temporal ? `that of ${temporal.given}` : '')],
    ['Data folder', `${dataFolder} (logs in logs/)`],
    realModel
      ? ['Model', `${model} at ${env.OPENAI_BASE_URL ?? 'OpenAI'}`]
      : ['Model', 'demo: rule-based, for trying things out. A real one: OPENAI_API_KEY=… npm start'],
  ]
  return [
    '',
    `Parley is ready (${seconds.toFixed(1)} s).`,
    '',
    ...rows.map(([name, value]) => `  ${name?.padEnd(16)} ${value}`),
    '',
    'Next, in another terminal:  npm run parley -- run   (or: chat)',
    'Ctrl-C stops everything.',
    '',
  ].join('\n')
}
