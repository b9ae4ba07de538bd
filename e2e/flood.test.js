// Far more commands than the store can take at once: all are answered, those that come
// too late with rate_limited and when to try again; memory is bounded, and once the
// flood is over the server is as before. What one connection sends beyond 256 under way is not
// read until there is room, so that none is refused for that.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { Follower, Server, connect, until } from './harness/index.js'

// ZIKR_TEST_FLOOD=full has more than 50,000 under way. The server has no race detector here, whose share of
// 50,000 goroutines would be most of the memory.
const FULL = process.env.ZIKR_TEST_FLOOD === 'full'
const [CONNECTIONS, EACH, MOST] = FULL ? [210, 300, 600] : [80, 625, 400] // MOST is in MB

// memory reads a line of /proc/PID/status, in MB.
function memory({ pid }, name) {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024
}

test(`${CONNECTIONS * EACH} commands at once: bounded memory, the late ones are rate_limited, well afterwards`, { skip: process.platform !== 'linux' && 'needs /proc' }, async (t) => {
  const server = new Server({ lean: true, env: { ZIKR_LOG_LEVEL: 'info', ZIKR_COMMAND_TIMEOUT: '2s' } })
  t.after(() => server.stop())
  await server.start()
  const people = await server.people(...Array.from({ length: 10 }, (_, i) => `Aʼzo ${i}`))
  const group = await people[0].zikrGroup({}, ...people.slice(1))
  const clients = Array.from({ length: CONNECTIONS }, (_, i) => new Follower(people[i % people.length], group)) // they do not enter: nothing but answers goes to them
  t.after(() => clients.forEach((client) => client.drop()))
  await Promise.all(clients.map((client) => client.open()))

  const before = memory(server, 'VmRSS')
  let most = 0
  const acks = clients.flatMap((client) => Array.from({ length: EACH }, () => client.send('update_zikr_count', { groupId: group.id, zikrId: group.zikrId, count: 1 })))
  const all = Promise.all(acks)
  for (let over = false; !over;) {
    most = Math.max(most, await server.metric('zikr_store_waiting_commands'))
    over = await Promise.race([all.then(() => true), server.metric('zikr_connections').then(() => false)])
  }
  const answers = await all
  const confirmed = answers.filter(({ ok }) => ok)
  const late = answers.filter(({ ok }) => !ok)
  assert.ok(confirmed.length > 0 && (late.length > 0 || !FULL), `${confirmed.length} confirmed, ${late.length} refused`)
  for (const { error } of late) {
    assert.equal(error.code, 'rate_limited')
    assert.ok(Number.isInteger(error.retryAfterMs) && error.retryAfterMs >= 1 && error.retryAfterMs <= 10_000, `retryAfterMs: ${error.retryAfterMs}`)
  }
  const peak = memory(server, 'VmHWM')
  assert.ok(peak < MOST, `${peak} MB of memory`)

  await until(async () => (await server.metric('zikr_store_waiting_commands')) === 0, 'those that were given up to be passed over')
  assert.equal((await people[0].snapshot(group)).zikrs[0].totalCount, confirmed.length, 'exactly what was confirmed is stored')
  assert.ok(clients.every((client) => !client.gone && client.problems.length === 0), 'nobody lost the connection')
  const app = await connect(t, people[1])
  await app.join(group, 0)
  await app.ask('update_zikr_count', { groupId: group.id, zikrId: group.zikrId, count: 1 })
  await app.reached(group.id, (await people[0].snapshot(group)).seq)
  await server.check()
  t.diagnostic(`${confirmed.length} confirmed, ${late.length} refused, ${most} seen waiting; memory ${Math.round(before)} MB before, ${Math.round(peak)} MB at most, ${Math.round(memory(server, 'VmRSS'))} MB after`)
})
