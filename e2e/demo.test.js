// `zikr demo`: communities to look at, of which nothing is left.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { io } from 'socket.io-client'
import { binary, until, within } from './harness/index.js'

test('one can sign in, and sees people read and count; afterwards nothing is left', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'zikr-e2e-demo-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  // the operator's own settings are not for it
  const child = spawn(binary(), ['demo', '--addr', '127.0.0.1:0', '--pace', '10ms'], { env: { ...process.env, TMPDIR: dir, ZIKR_ADDR: 'nonsense' }, stdio: ['ignore', 'pipe', 'pipe'] })
  t.after(() => child.kill('SIGKILL'))
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (said += text))
  const ended = new Promise((resolve) => child.once('close', (code) => resolve(code)))
  await until(() => /Ctrl-C/.test(said), 'the greeting', 60_000)
  const [, url] = /live at (\S+)/.exec(said)
  const [, password] = /password of all is: (.+)/.exec(said)
  const logins = [...said.matchAll(/^ {2}(\S+@example\.org)/gm)].map((m) => m[1])
  assert.equal(logins.length, 3)

  const ask = async (method, path, token, body) => {
    const answer = await fetch(`${url}/api/v1${path}`, { method, headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` }, body: body && JSON.stringify(body) })
    assert.ok(answer.ok, `${method} ${path}: ${answer.status}`)
    return answer.json()
  }
  const { token } = await ask('POST', '/auth/login', '', { login: logins[0], password })
  const groups = (await ask('GET', '/groups', token)).items
  const socket = io(`${url}/zikr-app`, { auth: { token }, transports: ['websocket'], forceNew: true })
  t.after(() => socket.disconnect())
  const seen = new Set()
  socket.onAny((event) => seen.add(event))
  await within(new Promise((resolve) => socket.once('connect', resolve)), 'the connection')
  for (const { id } of groups) socket.emit('join_group', { groupId: id })
  const wanted = ['pora_booked', 'pora_completed', 'zikr_count_updated', 'user_online']
  await until(() => wanted.every((event) => seen.has(event)), `all of ${wanted}`, 60_000)

  child.kill('SIGTERM')
  assert.equal(await within(ended, 'the end'), 0, said)
  assert.deepEqual(readdirSync(dir), [], 'what is left')
})
