// What stands at the edge: memory, the log, signals, and who is refused because of others. The server has
// 512 MB and every bound at its default.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { describe, test } from 'node:test'
import { Person, call, freePort, until, useServer, useSmallServer } from './harness/index.js'

describe('a small server on the open internet', () => {
  const server = useSmallServer({ env: { ZIKR_TRUSTED_PROXIES: '127.0.0.1' } })
  const login = (from, body, token) => call(server, 'POST', '/api/v1/auth/login', { body, token, headers: { 'x-forwarded-for': from } })

  test('a wifi full of wrong passwords keeps no device out that has signed in before', async () => {
    const ali = await Person.registered(server)
    const right = { login: ali.email, password: ali.password }
    const { body: signedIn } = await login('198.51.100.1', right)
    server.remember(signedIn.token)
    for (let i = 0; i < 10; i++) assert.equal((await login('198.51.100.1', { ...right, password: 'wrong' })).status, 401)
    const stranger = await login('198.51.100.1', right)
    assert.equal(stranger.body.code, 'rate_limited')
    for (const known of [login('198.51.100.1', { ...right, device: signedIn.device }), login('198.51.100.1', right, ali.token)]) {
      const { status, body } = await known
      assert.equal(status, 200)
      server.remember(body.token)
    }
    assert.equal((await login('198.51.100.2', right)).status, 200, 'a new phone at another address')
    await until(() => /"msg":"refused","why":"wrong password","address":"198\.51\.100\.1"/.test(server.log), 'the line that fail2ban reads')
  })

  test('whose an email or phone is, is not to be asked without end', async () => {
    const ali = await Person.registered(server)
    const answers = await Promise.all(Array.from({ length: 32 }, () => ali.request('GET', '/users?q=%2B998901234567')))
    assert.equal(answers.filter((a) => a.status === 200).length, 30)
    server.alive()
  })
})

describe('whoever reads the log', () => {
  const server = useServer()

  test('SIGHUP does not end the server', async () => {
    server.signal('SIGHUP')
    await until(() => /SIGHUP: read anew/.test(server.log), 'the line that says so')
    assert.ok(server.running)
  })

  for (const [name, read] of [['is gone', (child) => child.stderr.destroy()], ['hangs', (child) => child.stderr.pause()]]) {
    test(`${name}: requests are answered, and SIGTERM ends the server well`, async (t) => {
      const port = await freePort()
      const env = { ...process.env, ZIKR_ADDR: `127.0.0.1:${port}`, ZIKR_OBSERVE_ADDR: 'off', ZIKR_DATA_DIR: `${server.dataDir}/${name}`, ZIKR_LOG_LEVEL: 'debug', ZIKR_RATE_LIMIT: 'off' }
      delete env.ZIKR_TEST_BINARY
      const child = spawn(process.env.ZIKR_TEST_BINARY, ['serve'], { env, stdio: ['ignore', 'ignore', 'pipe'] })
      t.after(() => child.kill('SIGKILL'))
      const ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })))
      const url = `http://127.0.0.1:${port}`
      await until(() => fetch(`${url}/readyz`).then((r) => r.ok, () => false), 'the server to be ready', 30_000)
      read(child)
      for (let i = 0; i < 1500; i++) assert.equal((await fetch(`${url}/healthz`)).status, 200) // a line of debug each: more than a pipe holds
      child.kill('SIGTERM')
      assert.deepEqual(await ended, { code: 0, signal: null })
    })
  }
})
