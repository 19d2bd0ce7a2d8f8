import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { StartProblem } from './start-problem.ts'

type Command = { command: string; args: string[]; uid?: number; gid?: number }

/** Who PostgreSQL runs as. */
export type Account = {
  uid?: number
  gid?: number
  canReach(path: string): boolean
  /** A command line that runs a program as this account, with access to the folder even where only root may pass. */
  run(command: string, args: string[], folder: string): Command
}

const NAME = 'postgres'

/** PostgreSQL refuses to run as root: a root of ours lends it the system's `postgres` user, made where there is none. */
export function postgresAccount(): Account {
  if (process.getuid?.() !== 0) return { canReach: () => true, run: (command, args) => ({ command, args }) }
  const { uid, gid } = findUser() ?? createUser()
  const canReach = (path: string) => spawnSync('test', ['-x', path], { uid, gid }).status === 0
  return {
    uid,
    gid,
    canReach,
    run: (command, args, folder) => {
      if (canReach(folder)) return { command, args, uid, gid }
      // Below a home folder that only root may enter: it gets the one right to pass there, and nothing else of root's.
      const right = passingRight()
      if (!right) throw cannotReach(folder)
      const as = ['--reuid', `${uid}`, '--regid', `${gid}`, '--clear-groups']
      const lent = ['--inh-caps', `+${right}`, '--ambient-caps', `+${right}`]
      return { command: 'setpriv', args: [...as, ...lent, command, ...args] }
    },
  }
}

function findUser(): { uid: number; gid: number } | undefined {
  const [uid, gid] = ['-u', '-g'].map((flag) => spawnSync('id', [flag, NAME], { encoding: 'utf8' }))
  if (uid?.status !== 0 || gid?.status !== 0) return undefined
  return { uid: Number(uid.stdout), gid: Number(gid.stdout) }
}

function createUser(): { uid: number; gid: number } {
  spawnSync('groupadd', ['--system', NAME])
  spawnSync('useradd', ['--system', '--no-create-home', '--gid', NAME, NAME])
  const user = findUser()
  if (user) return user
  throw new StartProblem(
    `PostgreSQL does not run as root, and a user "${NAME}" could not be made for it.`,
    `Make one (useradd --system ${NAME}), or run Parley as another user, or give it a database: DATABASE_URL=postgresql://…`,
  )
}

/** The narrower of the two capabilities that lead through closed folders, as far as we hold it: linux/capability.h bits 2 and 1. */
function passingRight(): 'dac_read_search' | 'dac_override' | undefined {
  if (process.platform !== 'linux' || spawnSync('setpriv', ['--version']).status !== 0) return undefined
  const held = BigInt(
    `0x${/CapEff:\s*([0-9a-f]+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0'}`,
  )
  if (held & (1n << 2n)) return 'dac_read_search'
  if (held & (1n << 1n)) return 'dac_override'
  return undefined
}

function cannotReach(path: string): StartProblem {
  return new StartProblem(
    `PostgreSQL does not run as root, and the user "${NAME}" it runs as may not enter ${path}.`,
    'Put PARLEY_DATA_DIR where every user may pass (for example /var/lib/parley/data), run Parley as another user, or give it a database: DATABASE_URL=postgresql://…',
  )
}
