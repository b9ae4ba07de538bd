// A disk that is full, or fails: what cannot be stored is refused, nothing is confirmed
// that is not stored, reading goes on, and with room again all is well, without a restart.
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, rmdirSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Follower, Server, connect } from './harness/index.js'

const AT_ONCE = 8 // countings that are under way

const PATIENCE = 60_000 // ms

// A Writer counts with long names of operations, so that a disk is soon full.
class Writer {
  sent = new Map() // opId -> count
  confirmed = new Map()
  refused = new Map() // opId -> the error

  constructor(follower, group) {
    Object.assign(this, { follower, group })
  }

  // send counts one opId, anew or again.
  async send(opId = String(this.sent.size).padStart(64, '0')) {
    this.sent.set(opId, this.sent.get(opId) ?? 1 + Math.floor(Math.random() * 9))
    const { ok, data, error } = await this.follower.send('update_zikr_count', { groupId: this.group.id, zikrId: this.group.zikrId, count: this.sent.get(opId), opId })
    if (ok) this.confirmed.set(opId, data)
    else this.refused.set(opId, error)
  }

  // until counts until stop says so.
  async until(stop) {
    const end = performance.now() + PATIENCE
    await Promise.all(Array.from({ length: AT_ONCE }, async () => {
      for (; !stop(); await this.send()) assert.ok(performance.now() < end, `${this.confirmed.size} confirmed, ${this.refused.size} refused in ${PATIENCE} ms`)
    }))
  }

  sum(opIds) {
    return [...opIds].reduce((sum, opId) => sum + this.sent.get(opId), 0)
  }
}

const total = async (person, group) => (await person.snapshot(group)).zikrs[0].totalCount

// full proves what holds on any full disk. fill leaves no room, makeRoom gives it back.
async function full(t, server, { fill, makeRoom }, reason) {
  await server.start()
  const [ali, vali] = await server.people('Ali', 'Vali')
  const group = await ali.zikrGroup({}, vali)
  const follower = new Follower(vali, group)
  await follower.come()
  t.after(() => follower.drop())
  const app = await connect(t, ali)
  await app.join(group)
  const writer = new Writer(follower, group)

  await fill()
  await writer.until(() => writer.refused.size > 3 * AT_ONCE)
  for (const { code, message, errorId } of writer.refused.values()) {
    assert.equal(code, 'internal')
    assert.match(message, /try again/)
    await until(() => server.log.includes(errorId), 'the cause in the log') // which is written by itself
  }
  assert.match(server.log, reason)
  // A checkpoint may have made a little room: another connection counts until that is used up.
  const one = { groupId: group.id, zikrId: group.zikrId, count: 1 }
  let ones = 0
  let ack
  for (const end = performance.now() + PATIENCE; (ack = await app.send('update_zikr_count', one)).ok; ones++) {
    assert.ok(performance.now() < end, `${ones} confirmed on a full disk in ${PATIENCE} ms`)
  }
  assert.equal(ack.error.code, 'internal')
  assert.equal(await total(ali, group), writer.sum(writer.confirmed.keys()) + ones, 'exactly what was confirmed is stored')
  await follower.reached((await ali.snapshot(group)).seq)
  assert.equal((await fetch(`${server.url}/readyz`)).status, 200, 'it can still be read')

  makeRoom()
  await Promise.all([...writer.refused.keys()].map((opId) => writer.send(opId)))
  await writer.until(() => writer.confirmed.size > writer.refused.size + 100)
  assert.equal(writer.confirmed.size, writer.sent.size, 'all is confirmed')
  await app.ask('update_zikr_count', one)
  const stored = writer.sum(writer.sent.keys()) + ones + 1
  const { seq } = await ali.snapshot(group)
  await follower.reached(seq)
  assert.deepEqual([follower.problems, follower.returned], [[], 0], 'every seq once, on one connection')
  await server.check()
  await server.terminate()
  await server.start()
  assert.equal(await total(ali, group), stored)
  await server.check()
}

const allow = /the disk is full: nothing was stored; make room|the disk failed to read or write/
const env = { ZIKR_LOG_LEVEL: 'info', ZIKR_COMMAND_TIMEOUT: '1m' }
const has = (tool) => spawnSync(tool, ['--version']).error === undefined

test('files that may not grow (RLIMIT_FSIZE)', { skip: !has('prlimit') && 'prlimit is not installed' }, async (t) => {
  const server = new Server({ allow, env })
  t.after(() => server.stop())
  const limit = (bytes) => execFileSync('prlimit', ['--pid', server.pid, `--fsize=${bytes}:unlimited`])
  await full(t, server, { fill: () => limit(600_000), makeRoom: () => limit('unlimited') }, /the disk failed to read or write/)
})

// disk mounts a small one on a folder; false where that is not allowed.
function disk(dir) {
  return spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=8m,mode=0700', 'zikr-e2e', dir]).status === 0
}

// ballast fills a disk to its last block.
function ballast(path) {
  const file = openSync(path, 'w')
  try {
    for (;;) writeSync(file, Buffer.alloc(4096))
  } catch (error) {
    assert.equal(error.code, 'ENOSPC')
  } finally {
    closeSync(file)
  }
}

test('a full disk (tmpfs)', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'zikr-e2e-disk-'))
  if (!disk(dir)) {
    rmdirSync(dir)
    return t.skip('a tmpfs cannot be mounted here')
  }
  const server = new Server({ allow, env, dataDir: join(dir, 'data') })
  t.after(async () => {
    await server.stop()
    execFileSync('umount', [dir])
    rmdirSync(dir)
  })
  const path = join(dir, 'ballast')
  await full(t, server, { fill: () => ballast(path), makeRoom: () => rmSync(path) }, /the disk is full: nothing was stored; make room/)
})
