// Starts that must fail: each with a sentence that says what to do, and without
// touching what is there. Once that is done, the server starts, and nothing is missing.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { chmodSync, copyFileSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Follower, Server, connect, settled } from './harness/index.js'

// used makes a server whose database has seen some use.
async function used(t) {
  const server = new Server()
  t.after(() => server.stop())
  await server.start()
  const [ali, vali] = await server.people('Ali', 'Vali')
  const group = await ali.zikrGroup({}, vali)
  const { totalCount } = await vali.post(`/groups/${group.id}/zikrs/${group.zikrId}/counts`, { count: 33 })
  return { server, ali, vali, group, totalCount, file: join(server.dataDir, 'zikr.db') }
}

const sha256 = (file) => createHash('sha256').update(readFileSync(file)).digest('hex')

// refusedUntouched sees that a start is refused and has changed no file of the database.
async function refusedUntouched({ server, file }, ...patterns) {
  const files = () => readdirSync(server.dataDir).filter((name) => !name.endsWith('.lock')).sort()
  const [before, names] = [sha256(file), files()]
  await server.refuses(...patterns)
  assert.equal(sha256(file), before, 'the file is as it was')
  assert.deepEqual(files(), names, 'no other file was made')
}

// whole starts the server again and sees that all is there.
async function whole({ server, ali, group, totalCount }) {
  await server.start()
  assert.equal((await ali.snapshot(group)).zikrs[0].totalCount, totalCount)
  await server.check()
}

test('a database file that was made read-only', async (t) => {
  const used1 = await used(t)
  await used1.server.terminate()
  chmodSync(used1.file, 0o400)
  await refusedUntouched(used1, /zikr\.db is read-only/, /make it writable by its owner/)
  chmodSync(used1.file, 0o600)
  await whole(used1)
})

// A page is 4096 bytes.
const damages = {
  'no database at all': () => Buffer.from('not a database. '.repeat(1024)),
  'the first page gone': (bytes) => bytes.fill(0, 0, 4096),
  'pages overwritten': (bytes) => bytes.fill(0xee, bytes.length - 3 * 4096, bytes.length - 4096),
  'cut in half': (bytes) => bytes.subarray(0, Math.floor(bytes.length / 2 / 4096) * 4096),
}

test('a damaged file: refused until a backup is restored', async (t) => {
  const before = await used(t)
  const { server, file } = before
  const backup = join(server.dataDir, 'backup.db')
  assert.equal((await server.run('backup', backup)).code, 0)
  await server.terminate()
  const good = readFileSync(file)
  for (const [name, damage] of Object.entries(damages)) {
    await t.test(name, async () => {
      writeFileSync(file, damage(Buffer.from(good)))
      await refusedUntouched(before, /zikr\.db/, /damaged/, /restore a backup/)
    })
  }
  const restored = await server.run('restore', backup)
  assert.equal(restored.code, 0, restored.text)
  await whole(before)
})

// newer raises the schema's version in a file: the latest row of goose's table, (NULL, version, 1,
// a time of 19 characters), as SQLite writes it (sqlite.org/fileformat.html, section 2.1).
function newer(file) {
  const bytes = readFileSync(file)
  const row = (version) => bytes.indexOf(Buffer.from([5, 0, 1, 9, 13 + 2 * 19, version]))
  let version = 2
  while (row(version + 1) > 0) version += 1
  assert.ok(row(version) > 0, 'the row of the schema')
  bytes[row(version) + 5] = 99
  writeFileSync(file, bytes)
}

test('a database of a newer release', async (t) => {
  const before = await used(t)
  await before.server.terminate()
  const kept = join(before.server.dataDir, 'kept')
  copyFileSync(before.file, kept)
  newer(before.file)
  await refusedUntouched(before, /newer release \(its schema is 99, this one knows \d+\)/, /start that release, or restore a backup made before the upgrade/)
  copyFileSync(kept, before.file)
  rmSync(kept)
  await whole(before)
})

test('a second server on one data folder: it is refused, the first is not disturbed', async (t) => {
  const first = await used(t)
  const { server, ali, vali, group } = first
  const follower = new Follower(vali, group)
  await follower.come()
  t.after(() => follower.drop())
  const a = await connect(t, ali)
  await a.join(group, 0)
  const second = new Server({ dataDir: server.dataDir })
  const counting = Array.from({ length: 100 }, () => a.ask('update_zikr_count', { groupId: group.id, zikrId: group.zikrId, count: 1 }))
  await second.refuses(new RegExp(server.dataDir), /in use/, new RegExp(`another server \\(process ${server.pid}\\)`), /stop it, or give this one another folder/)
  await Promise.all(counting)
  const latest = await settled(ali, group, a)
  assert.equal((await ali.snapshot(group)).zikrs[0].totalCount, first.totalCount + 100)
  await follower.reached(latest)
  assert.deepEqual(follower.problems, [])
  assert.equal(follower.gone, false, 'no connection was lost')
  await server.check()
})

test('keys of another issuer need to be told whose they are, and come over https', async (t) => {
  const jwks = 'https://issuer.example.org/keys'
  for (const [env, ...patterns] of [
    [{ ZIKR_JWT_JWKS_URL: jwks }, /ZIKR_JWT_ISSUER/, /ZIKR_JWT_AUDIENCE/],
    [{ ZIKR_JWT_JWKS_URL: jwks.replace('https', 'http'), ZIKR_JWT_ISSUER: 'https://issuer.example.org' }, /https/],
  ]) {
    const server = new Server({ env })
    t.after(() => server.stop())
    await server.refuses(...patterns)
  }
})
