// What stands at the edge: memory, the log, signals, and who is refused because of others. The server has
// 512 MB and every bound at its default.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { describe, test } from 'node:test'
import { Person, Server, call, connect, freePort, until, useServer, useSmallServer } from './harness/index.js'

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
    const [vali, taken] = [await Person.registered(server), ali.email]
    const guesses = await Promise.all(Array.from({ length: 40 }, () => vali.request('PATCH', '/me', { email: taken })))
    const told = guesses.filter((a) => a.body.code === 'email_taken')
    assert.ok(told.length <= 10, `${told.length} of 40 guesses were answered`)
    assert.ok(guesses.every((a) => ['email_taken', 'rate_limited'].includes(a.body.code)))
    assert.ok(guesses.filter((a) => a.status === 429).every((a) => Number(a.headers.get('retry-after')) > 0))
    server.alive()
  })

  test('exports go in turn by user, and who signs in waits for none of them', async () => {
    const [greedy, ...others] = await server.people('Greedy', 'Ali', 'Vali', 'Salim')
    const many = Array.from({ length: 60 }, () => greedy.request('GET', '/me/export'))
    const rest = others.map((p) => p.request('GET', '/me/export'))
    const prompt = [others[0].request('GET', '/me'), call(server, 'GET', '/readyz')]
    for (const { status } of await Promise.all([...prompt, ...rest])) assert.equal(status, 200)
    const answers = await Promise.all(many)
    assert.ok(answers.some((a) => a.status === 200))
    for (const { status, headers } of answers) assert.ok(status === 200 || status === 429 && Number(headers.get('retry-after')) > 0)
    server.alive()
  })

  test('what is for operators is not on the public port', async () => {
    for (const path of ['/metrics', '/debug/pprof/', '/debug/pprof/heap']) assert.equal((await call(server, 'GET', path)).status, 404)
    assert.equal((await fetch(`${server.observed}/metrics`)).status, 200)
  })

  test('who comes and goes again and again is not told of each time', async (t) => {
    const [ali, vali] = await server.people('Ali', 'Vali')
    const group = await ali.zikrGroup({}, vali)
    const [watches, moves] = [await connect(t, ali), await connect(t, vali)]
    await watches.join(group)
    for (let i = 0; i < 60; i++) {
      await moves.join(group)
      await moves.ask('leave_group', { groupId: group.id })
    }
    await moves.join(group)
    await watches.ask('update_zikr_count', { groupId: group.id, zikrId: group.zikrId, count: 1 })
    const told = watches.all('user_online').length
    assert.ok(told >= 11 && told < 40, `the other was told ${told} times of 61`)
    const { onlineUserIds } = await watches.join(group)
    assert.ok(onlineUserIds.includes(vali.id))
  })
})

describe('how many accounts an address may make', () => {
  for (const [most, allowed] of [['0', 0], ['off', 70]]) {
    test(`ZIKR_SIGN_UPS=${most}`, async (t) => {
      const server = new Server({ env: { ZIKR_RATE_LIMIT: 'on', ZIKR_SIGN_UPS: most } })
      t.after(() => server.stop())
      await server.start()
      if (allowed === 0) {
        const body = { name: 'A', surname: 'B', email: 'a@example.org', password: 'bir tilak 114' }
        const refused = await call(server, 'POST', '/api/v1/auth/register', { body })
        assert.equal(refused.body.code, 'rate_limited')
        assert.equal((await server.run('user', 'add', 'A', 'B', 'a@example.org')).code, 0, 'the operator may')
      }
      for (let i = 0; i < allowed; i++) await Person.registered(server)
    })
  }
})

describe('whoever reads the log', () => {
  const server = useServer()

  test('SIGHUP does not end the server', async () => {
    server.signal('SIGHUP')
    await until(() => /SIGHUP: read anew/.test(server.log), 'the line that says so')
    assert.ok(server.running)
  })

  for (const [name, read] of [['is gone', (child) => child.stderr.destroy()], ['hangs', (child) => child.stderr.pause()]]) {
    test(`${name}: requests are answered, what is dropped is counted, and SIGTERM ends the server well, with all told`, async (t) => {
      const [port, observed] = [await freePort(), await freePort()]
      const env = {
        PATH: process.env.PATH, ZIKR_ADDR: `127.0.0.1:${port}`, ZIKR_OBSERVE_ADDR: `127.0.0.1:${observed}`, ZIKR_DATA_DIR: `${server.dataDir}/${name}`, ZIKR_LOG_LEVEL: 'debug',
        ZIKR_RATE_LIMIT: 'off', ZIKR_MAX_LOG_WAITING: '100KB', ZIKR_JWT_SECRET: server.secret, ZIKR_JWT_PROVISION: 'true',
      }
      const child = spawn(process.env.ZIKR_TEST_BINARY, ['serve'], { env, stdio: ['ignore', 'ignore', 'pipe'] })
      t.after(() => child.kill('SIGKILL'))
      const ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })))
      const url = `http://127.0.0.1:${port}`
      await until(() => fetch(`${url}/readyz`).then((r) => r.ok, () => false), 'the server to be ready', 30_000)
      const person = await Person.provisioned({ url, token: (claims) => server.token(claims) })
      const client = await connect(t, person)
      read(child)
      for (let i = 0; i < 1500; i++) assert.equal((await fetch(`${url}/healthz`)).status, 200) // a line of debug each: more than a pipe holds
      const metrics = await (await fetch(`http://127.0.0.1:${observed}/metrics`)).text()
      assert.ok(Number(/^zikr_log_lines_dropped_total (\S+)$/m.exec(metrics)[1]) > 0, 'dropped lines are counted')
      child.kill('SIGTERM')
      await client.next('connection_status', (e) => e.status === 'draining')
      assert.deepEqual(await ended, { code: 0, signal: null })
    })
  }
})
