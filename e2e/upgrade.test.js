// From the release before to this one: its data comes up to date on both engines, it refuses what this one has
// written, its backup brings it back, and a cluster goes from one to the other node by node, while everybody works.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { Follower, Gone, Person, Server, call, dial, pause, until } from './harness/index.js'
import { releaseBefore } from './harness/before.js'
import { Member, proved, useCluster } from './harness/cluster.js'
import { Postgres, noDatabases } from './harness/databases.js'

const before = releaseBefore()
if (before.missing) console.error(`skipped: upgrades, since ${before.missing}`)
else if (noDatabases) console.error(`skipped: upgrades of PostgreSQL and of clusters, for ${noDatabases}`)

// Nobody waits too long on a slow machine, or reads too much: that is rate_limited, and another test's subject.
const env = { ZIKR_LOG_LEVEL: 'info', ZIKR_COMMAND_TIMEOUT: '1m' }
const newer = { ZIKR_BOOKINGS_A_DAY: 'off', ZIKR_BYTES_A_DAY: 'off' }

// lived has people of the release before read and count, and returns who can tell what there must be.
async function lived(server) {
  const { status, body } = await call(server, 'POST', '/api/v1/auth/register', { body: { name: 'Abdulloh', surname: 'Karimov', email: 'abdulloh@example.org', password: 'bir tilak 114' } })
  assert.equal(status, 201)
  server.remember(body.token)
  const ali = new Person(server, { ...body.user, token: body.token })
  const vali = await server.person('Vali')
  const quran = await ali.quranGroup(vali)
  const zikr = await ali.zikrGroup({ goal: 10 }, vali)
  for (let pora = 1; pora <= 32; pora++) {
    const { bookingId } = await ali.post(`/groups/${quran.id}/bookings`, { poraId: String((pora - 1) % 30 + 1) })
    if (pora !== 32) await ali.post(`/bookings/${bookingId}/complete`)
  }
  for (let n = 1; n <= 4; n++) await vali.post(`/groups/${zikr.id}/zikrs/${zikr.zikrId}/counts`, { count: n, opId: `op-${n}` })
  return { ali, vali, quran, zikr, seqs: [(await ali.snapshot(quran)).seq, (await ali.snapshot(zikr)).seq] }
}

// goesOn shows that everything is there after the upgrade, and that what is new works on it.
async function goesOn(server, { ali, vali, quran, zikr, seqs }) {
  await server.check()
  const login = await call(server, 'POST', '/api/v1/auth/login', { body: { login: 'abdulloh@example.org', password: 'bir tilak 114' } })
  assert.equal(login.status, 200, 'the password is good')
  server.remember(login.body.token)
  const snapshot = await ali.snapshot(quran) // and so is the token
  assert.deepEqual([snapshot.seq, (await ali.snapshot(zikr)).seq], seqs)
  assert.deepEqual([snapshot.hatmCount, snapshot.openHatms, snapshot.hatms.map((h) => [h.hatmNumber, h.totalFinished])], [1, 1, [[2, 1]]])
  assert.deepEqual(snapshot.poras.slice(0, 3).map((p) => p.status), ['completed', 'booked', 'available'])
  const again = await vali.post(`/groups/${zikr.id}/zikrs/${zikr.zikrId}/counts`, { count: 4, opId: 'op-4' })
  assert.equal(again.totalCount, 10, 'an opId of the release before is known')
  await ali.patch(`/groups/${quran.id}`, { openHatms: 2, readingDays: 3 })
  const shared = await ali.post(`/groups/${quran.id}/hatms/2/share`, {})
  assert.ok(shared)
  assert.deepEqual((await ali.snapshot(quran)).hatms.map((h) => h.hatmNumber), [2, 3])
  await ali.post(`/groups/${quran.id}/hatms/1/reopen`)
  await server.check()
}

test('a data folder of the release before: up to date, in good order, refused by the older one, and back from its backup', { skip: before.missing }, async (t) => {
  const server = new Server({ env, newer, program: before.path })
  t.after(() => server.stop())
  await server.start()
  const life = await lived(server)
  const backup = join(server.dataDir, 'before.db')
  assert.equal((await server.run('backup', backup)).code, 0)
  await server.terminate()

  server.install()
  await server.start()
  await goesOn(server, life)
  await server.terminate()

  // The older one refuses, and leaves it as it is.
  server.install(before.path)
  const file = () => createHash('sha256').update(readFileSync(join(server.dataDir, 'zikr.db'))).digest('hex')
  const hash = file()
  await server.refuses(/newer release \(its schema is \d+, this one knows 3\)/, /start that release, or restore a backup made before the upgrade/)
  assert.equal(file(), hash)

  // The backup brings this release back to where it was, and up to date from there.
  server.install()
  const restored = await server.run('restore', backup)
  assert.equal(restored.code, 0, restored.text)
  await server.start()
  await goesOn(server, life)
  await server.terminate()

  // And it brings the older one back.
  server.install(before.path)
  const back = await server.run('restore', backup)
  assert.equal(back.code, 0, back.text)
  await server.start()
  await server.check()
  assert.equal((await life.ali.snapshot(life.quran)).seq, life.seqs[0])
})

test('a PostgreSQL of the release before: up to date, in good order, and refused by the older one', { skip: before.missing ?? noDatabases }, async (t) => {
  const postgres = new Postgres()
  t.after(() => postgres.stop())
  await postgres.start()
  const server = new Server({ env: { ...env, ZIKR_DATABASE_URL: postgres.url() }, program: before.path })
  t.after(() => server.stop())
  await server.start()
  const life = await lived(server)
  await server.terminate()
  server.install()
  await server.start()
  await goesOn(server, life)
  await server.terminate()
  server.install(before.path)
  await server.refuses(/newer release \(its schema is \d+, this one knows 3\)/)
  server.install()
  await server.start()
})

// Reader books poras and reads them, one after another, wherever the balancer leads.
class Reader {
  done = new Set()
  #pora
  #stopped = false

  constructor(person, group, first) {
    Object.assign(this, { group, told: [] })
    this.#pora = first
    this.follower = new Follower(person, group, { hear: (event, data) => this.told.push({ event, data }) })
  }

  work() {
    this.working = this.#work()
  }

  async #work() {
    while (!this.#stopped) {
      const booked = await this.#send('book_pora', { groupId: this.group.id, poraId: String((this.#pora++ % 30) + 1) })
      if (!booked.ok) {
        assert.match(booked.error.code, /^pora_already_(booked|completed)$/)
        continue
      }
      const { bookingId } = booked.data
      const completed = await this.#send('complete_pora', { bookingId })
      assert.ok(completed.ok, JSON.stringify(completed))
      this.done.add(bookingId)
      await pause(20)
    }
  }

  // #send sends until there is an answer: what is sent again is confirmed again.
  async #send(event, payload) {
    for (;;) {
      try {
        if (this.follower.gone) await this.follower.come()
        const ack = await this.follower.send(event, payload)
        if (ack.ok || !/^(rate_limited|internal)$/.test(ack.error.code)) return ack
      } catch (error) {
        if (!(error instanceof Gone)) throw error
      }
      await pause(100)
    }
  }

  async rest() {
    this.#stopped = true
    await this.working
  }
}

describe('a cluster of the release before', { skip: before.missing ?? noDatabases }, () => {
  const cluster = useCluster({ env, newer, program: before.path })

  test('becomes this release node by node, under load: nothing is lost, and both work side by side meanwhile', async (t) => {
    const names = ['Ali', 'Vali', 'Gʻani', 'Salim', 'Karim', 'Nodir']
    const people = await cluster.people(...names)
    const [ali] = people
    const counting = await ali.zikrGroup({ goal: 100 }, ...people.slice(1))
    const members = await Promise.all(people.map((person) => Member.of(person, counting)))
    const reading = await ali.quranGroup(...people.slice(1))
    const readers = people.slice(0, 3).map((person, i) => new Reader(person, reading, i * 10))
    t.after(() => members.forEach((member) => member.stop()))
    for (const worker of [...members, ...readers]) worker.work()
    const progress = async (more = 5) => {
      const was = [...members.map((m) => m.counted.size), ...readers.map((r) => r.done.size)]
      await until(() => [...members.map((m) => m.counted.size), ...readers.map((r) => r.done.size)].every((n, i) => n >= was[i] + more), 'everybody to go on', 90_000)
    }
    await progress()
    for (const [i, node] of cluster.nodes.entries()) {
      await node.terminate()
      node.install()
      await node.start()
      await until(() => cluster.front.ready === cluster.nodes.length, 'the balancer to know the node again')
      await progress()
      if (i < cluster.nodes.length - 1) await sideBySide(cluster.nodes.at(-1), node)
    }
    await Promise.all(readers.map((reader) => reader.rest()))
    const { seq, hatmCount, hatms } = await ali.snapshot(reading)
    const done = readers.flatMap((reader) => [...reader.done])
    assert.equal(new Set(done).size, done.length)
    for (const { follower, told } of readers) {
      await until(() => follower.seq >= seq, `seq ${seq} at a reader, who is at ${follower.seq}`)
      assert.deepEqual(follower.problems, [])
      const completed = told.filter((e) => e.event === 'pora_completed').map((e) => e.data.bookingId)
      assert.deepEqual(completed.toSorted(), done.toSorted(), 'all that was confirmed, once')
      assert.equal(told.filter((e) => e.event === 'hatm_completed').length, hatmCount)
    }
    assert.equal(hatmCount * 30 + hatms.reduce((n, h) => n + h.totalFinished, 0), done.length)
    await proved(cluster, members)
  })

  // sideBySide has members on a node of each release see what the other does.
  async function sideBySide(older, newer) {
    const [ali, vali, guest] = await newer.people('Ali', 'Vali', 'Musofir')
    const quran = await ali.quranGroup(vali)
    const zikr = await ali.zikrGroup({}, vali)
    const at = async (person, server) => {
      const socket = dial(server, { auth: { token: person.token } })
      const told = []
      socket.onAny((event, data) => told.push({ event, data }))
      await until(() => told.some((e) => e.event === 'connection_status' && e.data.status === 'connected'), 'a connection')
      const ask = async (event, payload) => {
        const ack = await socket.timeout(20_000).emitWithAck(event, payload)
        assert.ok(ack.ok, `${event} at ${server === older ? 'the older' : 'the newer'} node: ${JSON.stringify(ack)}`)
        return ack.data
      }
      const hears = (event, where) => until(() => told.find((e) => e.event === event && where(e.data))?.data, `${event} at ${server === older ? 'the older' : 'the newer'} node`)
      for (const group of [quran, zikr]) await ask('join_group', { groupId: group.id, since: 0 })
      const seqs = (group) => told.filter((e) => e.event !== 'joined_group' && e.data?.groupId === group.id && e.data.seq).map((e) => e.data.seq)
      return { person, socket, told, ask, hears, seqs }
    }
    const sides = [await at(ali, older), await at(vali, newer)]
    let pora = 1
    for (const [one, other] of [sides, sides.toReversed()]) {
      const booked = await one.ask('book_pora', { groupId: quran.id, poraId: String(pora++) })
      assert.equal((await other.hears('pora_booked', (e) => e.bookingId === booked.bookingId)).userId, one.person.id)
      await one.ask('complete_pora', { bookingId: booked.bookingId })
      await other.hears('pora_completed', (e) => e.bookingId === booked.bookingId)
      const given = await one.ask('book_pora', { groupId: quran.id, poraId: String(pora) })
      await one.ask('release_pora', { bookingId: given.bookingId })
      await other.hears('pora_released', (e) => e.bookingId === given.bookingId)
      const payload = { groupId: zikr.id, zikrId: zikr.zikrId, count: 3, opId: `op-${pora}` }
      const counted = await one.ask('update_zikr_count', payload)
      assert.equal((await other.hears('zikr_count_updated', (e) => e.userId === one.person.id)).totalCount, counted.totalCount)
      await one.ask('leave_group', { groupId: zikr.id })
      await other.hears('user_offline', (e) => e.userId === one.person.id && e.groupId === zikr.id)
      await one.ask('join_group', { groupId: zikr.id, since: one.seqs(zikr).at(-1) })
    }
    const { id } = await sides[0].ask('send_invitation', { receiverId: guest.id, groupId: zikr.id })
    const invited = await visit(guest, newer)
    await invited.respond(id)
    await sides[0].hears('member_joined', (e) => e.userId === guest.id)
    // The end of an account that is told by the newer node ends its connections at the older one.
    const elsewhere = await visit(guest, older)
    await guest.delete('/me')
    await elsewhere.ended()
    invited.close()
    for (const group of [quran, zikr]) {
      const { seq } = await ali.snapshot(group)
      for (const side of sides) {
        await until(() => side.seqs(group).at(-1) >= seq, `seq ${seq}`)
        assert.deepEqual(side.seqs(group), Array.from({ length: seq }, (_, i) => i + 1), 'every seq once, in order')
      }
    }
    for (const { socket } of sides) socket.disconnect()
  }

  // visit is a connection that only answers an invitation, or waits for its end.
  async function visit(person, server) {
    const socket = dial(server, { auth: { token: person.token } })
    let gone = false
    socket.on('disconnect', () => (gone = true))
    await until(() => socket.connected, 'a connection')
    return {
      respond: async (notificationId) => {
        const ack = await socket.timeout(20_000).emitWithAck('respond_to_invitation', { notificationId, accept: true })
        assert.ok(ack.ok, JSON.stringify(ack))
      },
      ended: () => until(() => gone, 'the connection to end'),
      close: () => socket.disconnect(),
    }
  }
})
