// The server under test: the built binary, on a port of its own, with a data
// folder of its own, watched for races, panics and leaked tokens.
import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before } from 'node:test'
import { Person, sign } from './people.js'
import { until } from './recorder.js'

const START = 30_000 // ms until a server must be ready; the race detector starts slowly
const DRAIN = 10_000 // ms in which a SIGTERM must be obeyed (contract section 1)

// useServer starts one server for all tests of a file, or of a describe, and stops
// it after them. setUp runs once the server is ready; what it returns, before the stop.
export function useServer(options, setUp = () => undefined) {
  const server = new Server(options)
  let tearDown
  before(async () => {
    await server.start()
    tearDown = await setUp(server)
  })
  after(async () => {
    try {
      await tearDown?.()
    } finally {
      await server.stop()
    }
  })
  return server
}

export class Server {
  secret = randomBytes(32).toString('hex')
  log = ''

  #process
  #exit
  #signatures = new Set()
  #options

  // options: env adds to the server's environment; allow is a pattern of lines
  // that may be logged as errors, because a test provokes them; dataDir is a folder of
  // the test's own; under is a command line that runs the server's; lean takes the binary without the race
  // detector, which needs many times the memory; program is another binary, that of the release before;
  // newer adds what only this release knows.
  constructor(options = {}) {
    this.#options = options
    this.dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'zikr-e2e-'))
  }

  get url() {
    return `http://127.0.0.1:${this.port}`
  }

  // observed is where /metrics is.
  get observed() {
    return `http://127.0.0.1:${this.observePort}`
  }

  get running() {
    return this.#process !== undefined && this.#process.exitCode === null && this.#process.signalCode === null
  }

  get #program() {
    return this.#options.program ?? binary(this.#options.lean)
  }

  // install has the server run another binary from the next start on; without one, the one to test.
  install(program) {
    this.#options = { ...this.#options, program }
  }

  get pid() {
    return this.#process.pid
  }

  // worked is how many seconds of processors the server has used (Linux).
  get worked() {
    const [user, kernel] = readFileSync(`/proc/${this.pid}/stat`, 'utf8').split(') ')[1].split(' ').slice(11, 13)
    return (Number(user) + Number(kernel)) / 100
  }

  // start starts the binary and waits for /readyz. Started again after a stop or
  // a kill, it has the same address, secret and data.
  async start() {
    await this.#spawn()
    await until(() => this.#ready(), `the server to be ready on ${this.url}`, START)
  }

  async #spawn() {
    this.port ??= await freePort()
    this.observePort ??= await freePort()
    const [program, ...args] = [...(this.#options.under ?? []), this.#program, 'serve']
    const child = spawn(program, args, { env: this.#environment(), stdio: ['ignore', 'pipe', 'pipe'] })
    this.#process = child
    this.#exit = new Promise((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (code, signal) => resolve({ code, signal }))
    })
    this.#exit.catch(() => {})
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (this.log += text))
  }

  // refuses starts the binary, which must end with status 1 and a sentence that
  // all of patterns find.
  async refuses(...patterns) {
    const before = this.log.length
    await this.#spawn()
    const { code, signal } = await this.exited(START)
    const said = this.log.slice(before)
    assert.deepEqual({ code, signal }, { code: 1, signal: null }, `exit status of a start that must fail:\n${said}`)
    for (const pattern of patterns) assert.match(said, pattern)
    assert.match(said, /^zikr: .+\n$/m, 'one sentence')
  }

  // check proves the database with `zikr check`, beside the running server too.
  async check() {
    const { code, text } = await this.run('check')
    assert.equal(code, 0, `zikr check:\n${text}`)
  }

  // run runs another command of the binary on the server's data.
  run(...args) {
    return new Promise((resolve, reject) => {
      execFile(this.#program, args, { env: this.#environment() }, (error, stdout, stderr) => {
        if (error && typeof error.code !== 'number') reject(error)
        else resolve({ code: error?.code ?? 0, text: stdout + stderr })
      })
    })
  }

  async #ready() {
    if (!this.running) throw new Error(`the server ended while starting:\n${this.log}`)
    return fetch(`${this.url}/readyz`).then((r) => r.arrayBuffer().then(() => r.ok), () => false)
  }

  #environment() {
    const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('ZIKR_') && !name.startsWith('NODE_'))
    return {
      ...Object.fromEntries(inherited),
      GORACE: 'atexit_sleep_ms=50', // the race detector's exit status stays 66
      ZIKR_ADDR: `127.0.0.1:${this.port}`,
      ZIKR_DATA_DIR: this.dataDir,
      ZIKR_JWT_SECRET: this.secret,
      ZIKR_JWT_PROVISION: 'true',
      ZIKR_RATE_LIMIT: 'off',
      ZIKR_LOG_LEVEL: 'debug',
      ZIKR_LOG_FORMAT: 'json',
      ...(this.#options.program ? {} : { ZIKR_OBSERVE_ADDR: `127.0.0.1:${this.observePort}`, ...this.#options.newer }),
      ...this.#options.env,
    }
  }

  // metric reads one from /metrics; name may have labels. undefined if there is none such.
  async metric(name) {
    const text = await fetch(`${this.observed}/metrics`).then((r) => r.text())
    const line = text.split('\n').find((l) => l.startsWith(`${name} `))
    return line && Number(line.slice(name.length + 1))
  }

  signal(name) {
    this.#process.kill(name)
  }

  // exited waits for the process to end and returns its code and signal.
  async exited(timeout = DRAIN) {
    let timer
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`the server did not end within ${timeout} ms:\n${this.log.slice(-4000)}`)), timeout)
    })
    return Promise.race([this.#exit, late]).finally(() => clearTimeout(timer))
  }

  // terminate sends SIGTERM and fails unless the server ends well and in time.
  async terminate() {
    this.signal('SIGTERM')
    const { code, signal } = await this.exited()
    this.checkLog()
    assert.deepEqual({ code, signal }, { code: 0, signal: null }, `exit status after SIGTERM:\n${this.log.slice(-4000)}`)
  }

  // kill ends the server at once, as a power cut would.
  async kill() {
    this.signal('SIGKILL')
    await this.exited()
    this.checkLog()
  }

  async restart() {
    await this.terminate()
    await this.start()
  }

  // stop ends the server and removes its data.
  async stop() {
    try {
      if (this.running) await this.terminate()
      else this.checkLog()
    } finally {
      if (this.running) await this.kill()
      rmSync(this.dataDir, { recursive: true, force: true })
    }
  }

  // checkLog fails on what no server may ever write: a race, a panic, an error
  // that the test did not provoke, a token.
  checkLog() {
    const bad = this.log.split('\n').filter((line) => this.#isBad(line))
    const where = this.log.indexOf(bad[0])
    assert.deepEqual(bad.slice(0, 5), [], `the server's log:\n${this.log.slice(Math.max(0, where - 200), where + 4000)}`)
    for (const signature of this.#signatures) assert.ok(!this.log.includes(signature), 'a secret reached the log')
  }

  #isBad(line) {
    if (/DATA RACE|^panic:|^fatal error:|panic.*goroutine|^goroutine \d+ \[/.test(line)) return true
    return /"level":"ERROR"/.test(line) && !this.#options.allow?.test(line)
  }

  // token signs claims with the server's secret, good for an hour unless the
  // claims say otherwise.
  token(claims, options = {}) {
    const token = sign({ exp: Math.floor(Date.now() / 1000) + 3600, ...claims }, { secret: this.secret, ...options })
    this.remember(token)
    return token
  }

  // remember notes a token, so that the log can be searched for it.
  remember(token) {
    const signature = token.split('.')[2]
    if (signature) this.#signatures.add(signature)
  }

  // hide notes any other text that must not be in the log.
  hide(text) {
    this.#signatures.add(text)
  }

  // person makes an account by the way of a token of another issuer: no password.
  person(name, surname) {
    return Person.provisioned(this, name, surname)
  }

  people(...names) {
    return Promise.all(names.map((name) => this.person(name)))
  }
}

// binary is the server to test: `npm test` builds it.
export function binary(lean = false) {
  const path = (lean && process.env.ZIKR_TEST_LEAN_BINARY) || process.env.ZIKR_TEST_BINARY
  assert.ok(path, 'ZIKR_TEST_BINARY must name the server to test; `npm test` builds one and sets it')
  return path
}

export function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address()
      probe.close(() => resolve(port))
    })
  })
}
