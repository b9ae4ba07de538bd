// What many do in the same moment on several nodes: of each thing there is one, and everybody sees one order.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { connect, settled, until } from './harness/index.js'
import { useCluster } from './harness/cluster.js'
import { noDatabases } from './harness/databases.js'

if (noDatabases) console.error(`skipped: what many do at once on several nodes, for ${noDatabases}`)

// Nobody is too many or too late here, however slow the machine is: that is another test's subject.
const env = { ZIKR_LOG_LEVEL: 'info', ZIKR_COMMAND_TIMEOUT: '1m', ZIKR_GROUPS_A_DAY: 'off', ZIKR_BOOKINGS_A_DAY: 'off', ZIKR_BYTES_A_DAY: 'off' }
// by groups what happened, by a key of each.
function by(all, key) {
  const groups = {}
  for (const one of all) (groups[key(one)] ??= []).push(one)
  return Object.entries(groups)
}
const upTo = (n) => Array.from({ length: n }, (_, i) => i + 1)
const names = (n) => upTo(n).map((i) => `Oʻquvchi ${i}`)

// spread makes people who use the nodes in turn.
async function spread(cluster, n) {
  const people = await cluster.nodes[0].people(...names(n))
  return people.map((person, i) => Object.assign(person, { server: cluster.nodes[i % cluster.nodes.length] }))
}

// bookAny books a pora that is free in some open hatm, beginning with any of them; undefined if none is.
async function bookAny(client, group) {
  const first = Math.floor(Math.random() * 30)
  for (const n of upTo(30)) {
    const ack = await client.send('book_pora', { poraId: String(((first + n) % 30) + 1), groupId: group.id })
    if (ack.ok) return { client, ...ack.data }
    assert.match(ack.error.code, /^pora_already_(booked|completed)$/)
  }
}

describe('three nodes', { skip: noDatabases }, () => {
  const cluster = useCluster({ env }, 3)

  test('70 members book any free pora at once in up to 3 hatms, and 200 are completed in any order', async (t) => {
    const people = await spread(cluster, 70)
    const [admin, ...others] = people
    const group = await admin.post('/groups', { name: 'Katta xatm', type: 'quran', isPublic: true, openHatms: 3 }, 201)
    await Promise.all(others.map((person) => person.post(`/groups/${group.id}/join`)))
    const clients = await Promise.all(people.map((person) => connect(t, person)))
    for (const client of clients) await client.join(group, 0)

    // Each asks for the poras in one order: all want the same one.
    const bookings = await Promise.all(clients.map(async (client) => {
      for (let n = 0; n < 200; n++) {
        const ack = await client.send('book_pora', { poraId: String((n % 30) + 1), groupId: group.id })
        if (ack.ok) return { client, ...ack.data }
        assert.equal(ack.error.code, 'pora_already_booked')
      }
      return assert.fail('no pora was free')
    }))
    await settled(admin, group, ...clients)
    const booked = clients[0].all('pora_booked')
    assert.equal(new Set(bookings.map((b) => b.bookingId)).size, 70)
    assert.equal(booked.length, 70)
    assert.equal(new Set(booked.map((b) => `${b.hatmNumber}/${b.poraId}`)).size, 70, 'no pora twice')
    assert.deepEqual(clients[0].all('hatm_opened').map((e) => e.hatmNumber), [2, 3])
    assert.deepEqual((await admin.snapshot(group)).hatms.map((h) => h.poras.filter((p) => p.status === 'booked').length), [30, 30, 10])

    // Now anybody's booking is completed, by the admin or by its holder, who books another one if any is free.
    let left = 200
    const line = async () => {
      while (left > 0) {
        const [one] = bookings.splice(Math.floor(Math.random() * bookings.length), 1)
        if (one) {
          left -= 1
          const reader = Math.random() < 0.3 ? clients[0] : one.client
          await reader.ask('complete_pora', { bookingId: one.bookingId })
        }
        const next = await bookAny(one?.client ?? clients[0], group)
        if (next && !bookings.some((b) => b.bookingId === next.bookingId)) bookings.push(next) // two lines may ask as one
      }
    }
    await Promise.all(upTo(20).map(line))
    const seq = await settled(admin, group, ...clients)
    const done = clients[0].all('pora_completed')
    assert.equal(done.length, 200)
    assert.equal(new Set(done.map((e) => `${e.hatmNumber}/${e.poraId}`)).size, 200, 'no pora of a hatm is completed twice')
    const whole = by(done, (e) => e.hatmNumber).filter(([, all]) => all.length === 30).map(([number]) => Number(number))
    const told = clients[0].all('hatm_completed')
    assert.deepEqual(told.map((e) => e.hatmNumber).sort((a, b) => a - b), whole.sort((a, b) => a - b), 'each hatm completes once')
    assert.deepEqual(told.map((e) => e.hatmCount), upTo(whole.length))
    for (const [, all] of by(done, (e) => e.hatmNumber)) assert.deepEqual(all.map((e) => e.totalFinished), upTo(all.length))
    const { hatmCount, hatms } = await admin.snapshot(group)
    assert.equal(hatmCount, whole.length)
    assert.ok(hatms.length >= 1 && hatms.length <= 3)
    const order = clients[0].logged(group.id)
    assert.deepEqual(order.map((i) => i.data.seq), upTo(seq), 'seq without a gap')
    for (const client of clients) assert.deepEqual(client.logged(group.id), order, 'one order for all')
    cluster.check()
  })
})

describe('two nodes', { skip: noDatabases }, () => {
  const cluster = useCluster({ env }, 2)

  test('a hundred come at once by a link for ten', async () => {
    const [ali, ...many] = await spread(cluster, 101)
    const group = await ali.quranGroup()
    const link = await ali.post(`/groups/${group.id}/links`, { maxUses: 10 }, 201)
    const answers = await Promise.all(many.map((p) => p.request('POST', `/links/${link.code}/join`)))
    assert.deepEqual(answers.map((a) => a.status).filter((s) => s !== 410), Array(10).fill(200))
    assert.equal((await ali.snapshot(group)).members.length, 11)
    const again = await Promise.all(many.map((p) => p.request('POST', `/links/${link.code}/join`))) // uses nothing up
    assert.deepEqual(again.map((a) => a.status), answers.map((a) => a.status))
    assert.equal(again.find((a) => a.status === 410).body.code, 'link_expired')
    cluster.check()
  })

  test('a counting is undone twice at once, over the edge of a goal, while others count', async (t) => {
    const people = await spread(cluster, 6)
    const group = await people[0].zikrGroup({ goal: 10 }, ...people.slice(1))
    const clients = await Promise.all(people.map((person) => connect(t, person)))
    for (const client of clients) await client.join(group, 0)
    const count = (client, n) => client.ask('update_zikr_count', { groupId: group.id, zikrId: group.zikrId, count: n })
    await count(clients[1], 9)
    const device = await connect(t, Object.assign(Object.create(people[1]), { server: cluster.nodes[0] })) // of the other node
    for (let round = 0; round < 20; round++) {
      const over = await count(clients[1], 4) // over a goal's edge, or not
      const others = Promise.all(clients.slice(2).map((client) => count(client, 1 + (round % 3))))
      const undone = await Promise.all([clients[1], device, clients[0], device].map((client) => client.send('undo_zikr_count', { id: over.id })))
      assert.ok(undone.every((ack) => ack.ok), JSON.stringify(undone))
      assert.equal(new Set(undone.map((ack) => ack.data.id)).size, 1, 'undone once')
      assert.deepEqual([undone[0].data.count, undone[0].data.undoes, undone[0].data.goalReached], [-4, over.id, false])
      await others
    }
    await settled(people[0], group, ...clients)
    const told = clients[0].all('zikr_count_updated')
    let total = 0
    for (const { count: n, totalCount, goalReached, cycleCount } of told) {
      assert.equal(totalCount, total + n)
      assert.equal(goalReached, n > 0 && Math.floor(totalCount / 10) > Math.floor(total / 10))
      assert.equal(cycleCount, Math.floor(totalCount / 10))
      total = totalCount
    }
    assert.equal(told.filter((e) => e.undoes !== undefined).length, 20)
    assert.equal((await people[0].snapshot(group)).zikrs[0].totalCount, 9 + upTo(20).reduce((sum, n) => sum + 4 * (1 + ((n - 1) % 3)), 0))
    for (const client of clients) assert.deepEqual(client.logged(group.id), clients[0].logged(group.id), 'one order for all')
    cluster.check()
  })

  // A lock on one group holds both nodes up in the middle of what is due, until one of them has been killed.
  test('10,000 bookings are due in the same minute, and a node is killed in the middle: each is released once, and told once', async (t) => {
    const groups = 112
    const [ali] = await spread(cluster, 1)
    const made = []
    for (const n of upTo(groups)) {
      const { id } = await ali.post('/groups', { name: `Guruh ${n}`, type: 'quran', isPublic: true, openHatms: 3, readingDays: 3, autoRelease: true }, 201)
      for (const hatm of upTo(3)) await ali.post(`/groups/${id}/hatms/${hatm}/share`, {})
      made.push(id)
    }
    const sql = (text) => cluster.postgres.sql(text)
    assert.deepEqual(sql(`SELECT COUNT(*) FROM bookings WHERE status = 'booked' AND group_id IN ('${made.join("','")}')`), [String(groups * 90)])
    for (const node of cluster.nodes) await node.terminate()
    const passed = Date.now() - 60_000
    sql(`UPDATE bookings SET due_at = ${passed}, wake_at = ${passed} WHERE status = 'booked' AND group_id IN ('${made.join("','")}')`)
    const last = sql(`SELECT DISTINCT group_id FROM bookings WHERE group_id IN ('${made.join("','")}') ORDER BY group_id DESC LIMIT 1`)[0]
    const released = () => Number(sql(`SELECT COUNT(*) FROM bookings WHERE status = 'released'`)[0])
    const free = await cluster.postgres.hold(`SELECT 1 FROM groups WHERE id = '${last}' FOR UPDATE`)
    const [dying, living] = cluster.nodes
    await Promise.all(cluster.nodes.map((node) => node.start()))
    Object.assign(ali, { server: living })
    await until(() => released() > 1000, 'some to be released', 120_000)
    await dying.kill()
    assert.ok(released() < groups * 90, 'it was killed in the middle')

    // What is completed in this moment stays done, and what is released first is not completed.
    const { hatms } = await ali.snapshot({ id: last })
    const tries = hatms.flatMap((h) => h.poras).filter((p) => p.status === 'booked').slice(0, 40)
    const client = await connect(t, ali)
    const completing = Promise.all(tries.map(({ bookingId }) => client.send('complete_pora', { bookingId })))
    await free()
    const answers = await completing
    for (const ack of answers) if (!ack.ok) assert.equal(ack.error.code, 'booking_not_found')
    const done = tries.filter((_, i) => answers[i].ok).map((p) => p.bookingId)
    await until(() => released() + done.length === groups * 90, 'all to be released', 120_000)

    await dying.start() // and finds nothing
    const told = sql(`SELECT data::jsonb ->> 'bookingId' FROM events WHERE name = 'pora_released'`)
    assert.equal(told.length, groups * 90 - done.length)
    assert.equal(new Set(told).size, told.length, 'each is told once')
    for (const id of done) assert.ok(!told.includes(id), 'what was completed stays done')
    assert.deepEqual(sql(`SELECT COUNT(*) FROM bookings WHERE status = 'completed' AND id IN ('', '${done.join("','")}')`), [String(done.length)])
    assert.deepEqual(sql(`SELECT COUNT(*), COUNT(DISTINCT booking_id) FROM notifications WHERE type = 'pora_released'`), [`${told.length}|${told.length}`])
    for (const id of [made[0], last]) {
      await client.join({ id }, 0)
      const { seq } = await ali.snapshot({ id })
      assert.deepEqual(client.logged(id).map((i) => i.data.seq), upTo(seq), 'seq without a gap')
    }
    cluster.check()
  })
})
