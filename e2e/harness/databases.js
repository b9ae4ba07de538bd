// PostgreSQL and Redis for a test alone, on ports of their own, and wires to them
// that a test can cut.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './server.js'
import { until } from './recorder.js'

// Debian keeps PostgreSQL where nobody's PATH leads.
const versions = '/usr/lib/postgresql'
const newest = existsSync(versions) ? readdirSync(versions).sort((a, b) => b - a)[0] : ''
const env = { ...process.env, PATH: `${join(versions, newest ?? '', 'bin')}:${process.env.PATH}` }
const isMissing = (program) => spawnSync(program, ['--version'], { env }).error !== undefined

// noDatabases says what is missing; undefined if nothing is. The tests install nothing.
export const noDatabases = [['initdb', 'PostgreSQL'], ['psql', 'a client of PostgreSQL'], ['redis-server', 'Redis']]
  .filter(([program]) => isMissing(program)).map(([, name]) => `${name} is not installed`).join(', ') || undefined

// PostgreSQL does not run as root; nobody is somebody everywhere.
const unprivileged = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {}

// Service is a program that is started, stopped and started again on one port.
class Service {
  #child
  #exited

  run(program, args, options) {
    this.output = ''
    this.#child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'], ...options })
    for (const stream of [this.#child.stdout, this.#child.stderr]) stream.on('data', (text) => (this.output += text))
    this.#exited = new Promise((resolve) => this.#child.once('close', resolve))
  }

  get pid() {
    return this.#child.pid
  }

  async end(signal) {
    this.#child?.kill(signal)
    await this.#exited
    this.#child = undefined
  }

  alive() {
    assert.equal(this.#child?.exitCode, null, `it ended while starting:\n${this.output}`)
  }
}

// Postgres keeps what it was told on disk, with fsync as it is by default.
export class Postgres extends Service {
  password = 'a-secret-of-the-database'

  async start() {
    if (!this.dir) {
      this.port = await freePort()
      this.#init()
    }
    this.run('postgres', ['-D', join(this.dir, 'data'), '-p', this.port, '-h', '127.0.0.1', '-k', ''], unprivileged)
    await until(() => {
      this.alive()
      return spawnSync('pg_isready', ['-q', '-h', '127.0.0.1', '-p', this.port], { env }).status === 0
    }, 'PostgreSQL to be ready')
  }

  #init() {
    this.dir = mkdtempSync(join(tmpdir(), 'zikr-postgres-'))
    const secret = join(this.dir, 'password')
    writeFileSync(secret, this.password)
    if (unprivileged.uid) for (const path of [this.dir, secret]) chownSync(path, unprivileged.uid, unprivileged.gid)
    const made = spawnSync('initdb', ['-D', join(this.dir, 'data'), '-U', 'zikr', '-A', 'scram-sha-256', '--pwfile', secret, '-E', 'UTF8', '--no-sync'],
      { env, encoding: 'utf8', ...unprivileged })
    assert.equal(made.status, 0, made.stderr)
  }

  // crash ends it as a power cut would; what was committed is there when it is started again.
  crash() {
    return this.end('SIGQUIT')
  }

  url(port = this.port) {
    return `postgres://zikr:${this.password}@127.0.0.1:${port}/postgres?sslmode=disable`
  }

  // sql runs statements and returns the rows, each as its columns with | between them.
  sql(text) {
    const ran = spawnSync('psql', ['-XAtq', '-v', 'ON_ERROR_STOP=1', '-c', text, this.url()], { env, encoding: 'utf8' })
    assert.equal(ran.status, 0, `${text}: ${ran.stderr}`)
    return ran.stdout.split('\n').filter(Boolean)
  }

  // hold runs a statement in a transaction that stays open, with its locks, until what it returns is called.
  async hold(text) {
    const holder = spawn('psql', ['-XAtq', '-v', 'ON_ERROR_STOP=1', this.url()], { env, stdio: ['pipe', 'pipe', 'inherit'] })
    let said = ''
    holder.stdout.on('data', (data) => (said += data))
    holder.stdin.write(`BEGIN; ${text}; SELECT 'it is held';\n`)
    await until(() => said.includes('it is held'), `${text} to be held`)
    return async () => {
      const ended = new Promise((resolve) => holder.once('close', resolve))
      holder.stdin.end('ROLLBACK;\n')
      await ended
    }
  }

  async stop() {
    await this.end('SIGINT')
    if (this.dir) rmSync(this.dir, { recursive: true, force: true })
  }
}

// Redis keeps nothing: each start is empty.
export class Redis extends Service {
  password = 'a-secret-of-the-cache'

  async start() {
    this.port ??= await freePort()
    this.dir ??= mkdtempSync(join(tmpdir(), 'zikr-redis-'))
    mkdirSync(this.dir, { recursive: true })
    this.run('redis-server', ['--bind', '127.0.0.1', '--port', this.port, '--requirepass', this.password, '--save', '', '--appendonly', 'no', '--dir', this.dir])
    await until(() => {
      this.alive()
      return new Promise((resolve) => {
        const probe = connect(this.port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false)).on('close', () => resolve(false))
        probe.unref().end()
      })
    }, 'Redis to be ready')
  }

  kill() {
    return this.end('SIGKILL')
  }

  url(port = this.port) {
    return `redis://:${this.password}@127.0.0.1:${port}`
  }

  async stop() {
    await this.kill()
    if (this.dir) rmSync(this.dir, { recursive: true, force: true })
  }
}

// Wire is the way from one node to a database. It can be cut (connections end, new
// ones are refused) or silent (nothing comes through, and nobody says so).
export class Wire {
  #pairs = new Set()
  #state = 'open'

  static async to(target) {
    const wire = new Wire()
    wire.listener = createServer((near) => wire.#join(near, target))
    await new Promise((resolve) => wire.listener.listen(0, '127.0.0.1', resolve))
    wire.port = wire.listener.address().port
    return wire
  }

  #join(near, target) {
    if (this.#state === 'cut') return near.destroy()
    const far = connect(target.port, '127.0.0.1')
    const pair = [near, far]
    this.#pairs.add(pair)
    for (const [from, to] of [pair, [far, near]]) {
      from.setNoDelay(true)
      from.on('data', (data) => to.write(data))
      from.on('error', () => {}) // close follows
      from.on('close', () => {
        this.#pairs.delete(pair)
        to.destroy()
      })
    }
    if (this.#state === 'silent') this.#pause(pair)
  }

  #pause(pair) {
    for (const socket of pair) socket.pause()
  }

  cut() {
    this.#state = 'cut'
    for (const pair of this.#pairs) for (const socket of pair) socket.destroy()
  }

  silence() {
    this.#state = 'silent'
    for (const pair of this.#pairs) this.#pause(pair)
  }

  // mend lets everything through again, what was held up too.
  mend() {
    this.#state = 'open'
    for (const pair of this.#pairs) for (const socket of pair) socket.resume()
  }

  async close() {
    this.cut()
    await new Promise((resolve) => this.listener.close(resolve))
  }
}
