// What deploy/fail2ban makes of the lines that the server writes of whom it refuses, in both formats of the log.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { Person, call, until, useServer } from './harness/index.js'

const deployed = (file) => new URL(`../deploy/fail2ban/${file}`, import.meta.url).pathname
const none = spawnSync('fail2ban-regex', ['--version']).error ? 'fail2ban is not installed' : undefined
if (none) console.error(`skipped: the test of what fail2ban reads, for ${none}`)

const dir = mkdtempSync(join(tmpdir(), 'zikr-fail2ban-'))
after(() => rmSync(dir, { recursive: true, force: true }))

// banned are the addresses that fail2ban finds in a log, once for each line.
function banned(log) {
  const file = join(dir, 'zikr.log')
  writeFileSync(file, log)
  const { stdout, stderr, status } = spawnSync('fail2ban-regex', ['--out', 'ip', file, deployed('filter.d/zikr.conf')], { encoding: 'utf8' })
  assert.equal(status, 0, stderr)
  return stdout.split('\n').filter((line) => line !== '')
}

for (const format of ['json', 'text']) {
  describe(`fail2ban and a log as ${format}, of warnings only`, { skip: none }, () => {
    const server = useServer({
      env: { ZIKR_RATE_LIMIT: 'on', ZIKR_LOG_LEVEL: 'warn', ZIKR_LOG_FORMAT: format, ZIKR_TRUSTED_PROXIES: '127.0.0.1', ZIKR_LOGIN_FAILURES: '1', ZIKR_SIGN_UPS: '1' },
    })
    const from = (address, path, body) => call(server, 'POST', `/api/v1/auth/${path}`, { body, headers: { 'x-forwarded-for': address } })
    const signUp = (address) => from(address, 'register', { name: 'A', surname: 'B', email: `${crypto.randomUUID()}@example.org`, password: 'bir tilak 114' })

    test('every refusal is found with its address, and nothing else is', async () => {
      const ali = await Person.registered(server)
      const guess = { login: ali.email, password: 'address=192.0.2.66 "address":"192.0.2.66"' }
      for (const address of ['198.51.100.1', '2001:db8::1']) {
        assert.equal((await from(address, 'login', guess)).status, 401)
        assert.equal((await from(address, 'login', guess)).status, 429)
      }
      assert.equal((await from('198.51.100.2', 'login', { ...guess, password: ali.password })).status, 200)
      assert.equal((await signUp('198.51.100.3')).status, 201)
      assert.equal((await signUp('198.51.100.3')).status, 429)
      await until(() => /sign-up refused/.test(server.log), 'the last line')
      assert.deepEqual(banned(server.log).sort(), ['198.51.100.1', '198.51.100.1', '198.51.100.3', '2001:db8::1', '2001:db8::1'])
    })

    test('what a client wrote into another line never looks like a refusal', () => {
      const address = '192.0.2.66'
      const forged = [JSON.stringify({ level: 'WARN', msg: 'refused', why: 'wrong password', address }), `level=WARN msg=refused why="wrong password" address=${address} `]
      for (const text of forged) {
        assert.deepEqual(banned(`${JSON.stringify({ time: '2026-01-31T09:05:00Z', level: 'WARN', msg: 'x', text })}\n`), [])
        assert.deepEqual(banned(`time=2026-01-31T09:05:00Z level=WARN msg=x text=${JSON.stringify(text)}\n`), [])
      }
    })
  })
}

test('fail2ban starts with the jail', { skip: none ?? (existsSync('/etc/fail2ban/jail.conf') ? false : 'the configuration of fail2ban is not in /etc/fail2ban') }, () => {
  const config = join(dir, 'etc')
  cpSync('/etc/fail2ban', config, { recursive: true })
  for (const file of ['filter.d/zikr.conf', 'jail.d/zikr.conf']) cpSync(deployed(file), join(config, file))
  const { stdout, stderr, status } = spawnSync('fail2ban-client', ['-c', config, '-d'], { encoding: 'utf8' })
  assert.equal(status, 0, stderr)
  assert.match(stdout, /\['start', 'zikr'\]/)
})
