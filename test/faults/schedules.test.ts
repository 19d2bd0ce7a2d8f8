import { Client, Connection } from '@temporalio/client'
import pg from 'pg'
import { temporalScheduleId } from '../../shared/temporal/names.ts'
import { createStage, type Stage } from '../harness/stage.ts'
import { until } from '../harness/until.ts'

let stage: Stage
beforeAll(async () => {
  stage = await createStage({ reply: () => 'Written' })
}, 120_000)
afterAll(() => stage.close())

it('F125 a worker that is killed between the firing and its run: the run starts, once', async () => {
  const workflowId = await stage.publish({
    steps: [
      { id: 'text', type: 'draft', format: 'text', prompt: 'Write' },
      { id: 'done', type: 'end', output: { text: '${text}' } },
    ],
  })
  const { scheduleId } = await stage.parley.createSchedule(workflowId, {
    name: 'Weekly',
    cron: '0 8 * * mon',
    paused: true,
  })
  const { workspaceId } = await stage.parley.place()
  const lock = new pg.Client({ connectionString: stage.databaseUrl })
  await lock.connect()
  await lock.query('begin')
  await lock.query('lock table schedule_firings in access exclusive mode')

  const connection = await Connection.connect({ address: stage.temporalAddress })
  const schedule = new Client({ connection }).schedule.getHandle(temporalScheduleId(workspaceId, scheduleId))
  await schedule.trigger()
  await until('the firing to stand at the lock', async () => {
    const { rows } = await lock.query('select from pg_locks where not granted')
    return rows.length > 0
  })
  expect((await schedule.describe()).info.numActionsTaken).toBe(1)
  stage.kill('worker')
  await lock.query('rollback')
  await lock.end()
  await stage.back('worker')

  const { instanceUuid } = await until(
    'the run',
    async () => (await stage.parley.schedule(workflowId, scheduleId)).recentRuns[0],
  )
  const ended = await stage.ended(String(instanceUuid))
  expect(ended).toMatchObject({
    status: 'completed',
    output: { text: 'Written' },
    startedBy: { name: 'Schedule: Weekly' },
  })
  const { info } = await until('the firing to be over', async () => {
    const described = await schedule.describe()
    return described.info.runningActions.length === 0 && described
  })
  expect(info.numActionsTaken).toBe(1)
  expect((await stage.parley.instances({ workflowId })).items).toHaveLength(1)
  expect((await stage.parley.schedule(workflowId, scheduleId)).recentRuns).toHaveLength(1)
  await connection.close()
}, 120_000)
