// The server under test with no more memory than a small machine has: a cgroup of its own where
// one can be made (as root), else a limit of the process on what it may allocate.
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after } from 'node:test'
import { useServer } from './server.js'

export const MB = 1 << 20
export const SMALL = 512 * MB // what every server of these tests lives in, and all defaults fit

// kinds are the two versions of cgroups, with the names of what is used here.
const kinds = [
  { root: '/sys/fs/cgroup', limit: 'memory.max', peak: 'memory.peak', swap: 'memory.swap.max', controllers: 'cgroup.subtree_control' },
  { root: '/sys/fs/cgroup/memory', limit: 'memory.limit_in_bytes', peak: 'memory.max_usage_in_bytes' },
]

let made = 0

// Room is a bound of memory for one process after another.
export class Room {
  #dir
  #kind

  constructor(bytes = SMALL) {
    this.bytes = bytes
    for (const kind of kinds) {
      try {
        this.#make(kind)
        return
      } catch {
        this.#dir = undefined // not ours to make: the next way
      }
    }
  }

  #make(kind) {
    if (!existsSync(join(kind.root, kind.limit)) && !existsSync(join(kind.root, kind.controllers ?? ''))) throw new Error('no such cgroups')
    if (kind.controllers) writeFileSync(join(kind.root, kind.controllers), '+memory')
    const dir = join(kind.root, `zikr-e2e-${process.pid}-${++made}`)
    mkdirSync(dir)
    try {
      writeFileSync(join(dir, kind.limit), String(this.bytes))
      if (kind.swap && existsSync(join(dir, kind.swap))) writeFileSync(join(dir, kind.swap), '0')
    } catch (err) {
      rmdirSync(dir)
      throw err
    }
    this.#dir = dir
    this.#kind = kind
  }

  // under is the command line that runs a program in the room: `new Server({ under })`.
  get under() {
    if (this.#dir) return ['sh', '-c', `echo $$ > ${this.#dir}/cgroup.procs && exec "$0" "$@"`]
    return ['prlimit', `--data=${this.bytes}`]
  }

  // peak is the most memory that was used, in bytes: by the cgroup with its sockets and files, else by the process.
  peak(server) {
    if (this.#dir && existsSync(join(this.#dir, this.#kind.peak))) return Number(readFileSync(join(this.#dir, this.#kind.peak), 'utf8'))
    const [, kilobytes] = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))
    return Number(kilobytes) * 1024
  }

  // resident is the most memory that the process itself had, in bytes.
  resident(server) {
    const [, kilobytes] = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))
    return Number(kilobytes) * 1024
  }

  // close takes the cgroup away; the process must have ended.
  close() {
    if (this.#dir) rmdirSync(this.#dir)
    this.#dir = undefined
  }
}

// useSmallServer is useServer in 512 MB, with every bound at its default: what an attacker meets.
// server.alive() fails unless the process that was started still runs, below most bytes.
export function useSmallServer(options = {}, setUp = undefined) {
  const room = new Room(options.bytes)
  const server = useServer({ ...options, lean: true, under: room.under, env: { ZIKR_RATE_LIMIT: 'on', ZIKR_LOG_LEVEL: 'info', ...options.env } }, setUp)
  server.room = room
  server.alive = (most = 400 * MB) => {
    assert.ok(server.running, `the server ended:\n${server.log.slice(-2000)}`)
    const used = room.resident(server)
    assert.ok(used <= most, `the server had ${Math.round(used / MB)} MB, more than ${Math.round(most / MB)} MB`)
  }
  after(() => room.close())
  return server
}
