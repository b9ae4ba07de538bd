// A database that breaks under the running server: what cannot be done is
// refused as an error of ours, with a number to find it in the log, and nothing inside is told.
import assert from 'node:assert/strict'
import { openSync, closeSync, fstatSync, readdirSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Server, connect, until } from './harness/index.js'

// ruin overwrites the database and its log with what no database is.
function ruin(dir) {
  const files = readdirSync(dir).filter((name) => /\.db(-wal)?$/.test(name))
  assert.ok(files.length >= 1, `a database in ${dir}`)
  for (const name of files) {
    const file = openSync(join(dir, name), 'r+')
    writeSync(file, Buffer.alloc(fstatSync(file).size, 0xa5), 0)
    closeSync(file)
  }
}

// together asks several times at once, so that readers answer that have nothing of the database in their memory.
function together(ask) {
  return Promise.all(Array.from({ length: 8 }, ask))
}

test('a broken database: internal, with an errorId that is in the log, and no inner detail', async (t) => {
  const server = new Server({ allow: /malformed|not a database|damaged/ })
  t.after(() => server.stop())
  await server.start()
  const ali = await server.person('Ali')
  const group = await ali.quranGroup()
  const a = await connect(t, ali)
  await a.join(group)
  ruin(server.dataDir)

  const ack = await until(async () => {
    const answers = await together(() => a.send('get_notifications'))
    return answers.find((answer) => !answer.ok)
  }, 'the database to be found broken')
  assert.equal(ack.error.code, 'internal')
  const told = await a.next('error', (e) => e.error === 'internal')
  assert.ok(told.errorId, 'the event carries errorId')
  const { status, body, text } = await until(async () => {
    const answers = await together(() => ali.request('GET', '/groups'))
    return answers.find((answer) => answer.status >= 500)
  }, 'the database to be found broken over REST')
  assert.deepEqual([status, body.code], [500, 'internal'])
  assert.ok(body.errorId, 'the problem carries errorId')
  for (const inner of [/sqlite/i, /malformed/i, /not a database/i, /SELECT/, /\.go\b/, new RegExp(server.dataDir)]) {
    assert.doesNotMatch(text, inner)
    assert.doesNotMatch(JSON.stringify(told), inner)
  }
  for (const id of [told.errorId, body.errorId]) await until(() => server.log.includes(id), `${id} in the log`)
  assert.equal((await fetch(`${server.url}/healthz`)).status, 200, 'the process stands')
})
