// Three nodes over one PostgreSQL and one Redis, and what may happen to each of them while
// members count: nobody can tell which node serves them.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { connect, settled, transports, until } from './harness/index.js'
import { Member, proved, useCluster } from './harness/cluster.js'
import { noDatabases } from './harness/databases.js'
import { behindNginx, noNginx } from './harness/proxies.js'

if (noDatabases) console.error(`skipped: the tests of many nodes, for ${noDatabases}`)

// What nodes may log as an error when a database is taken away from them.
const outage = new RegExp(`"msg":"(${[
  'internal error',
  "cannot (read groups' event logs|deliver a group's events yet|look at the sessions again|check a token again)",
  'a notice was stored and not told',
  'a (lost connection|connection that left a channel) still counts as online',
  'a connection that came back does not count as online',
].join('|')})"`)

describe('a cluster of three', { skip: noDatabases }, () => {
  const cluster = useCluster({ env: { ZIKR_LOG_LEVEL: 'info' }, allow: outage })

  // crowd brings members into a group, some to each node, and has them count.
  async function crowd(t, names = ['Ali', 'Vali', 'Gʻani', 'Salim', 'Karim', 'Nodir'], options) {
    const people = await cluster.people(...names)
    const group = await people[0].zikrGroup({ goal: 100 }, ...people.slice(1))
    const members = await Promise.all(people.map((person) => Member.of(person, group, options)))
    t.after(() => members.forEach((member) => member.stop()))
    members.forEach((member) => member.work())
    await progress(members)
    return { people, group, members }
  }

  // progress waits until every member has counted some more.
  const progress = (members, more = 5) => {
    const before = members.map((member) => member.counted.size)
    return until(() => members.every((member, i) => member.counted.size >= before[i] + more), 'every member to count on', 60_000)
  }
  const on = (node, members) => members.filter((member) => cluster.front.nodeOf(member.client) === node)

  test('members on all nodes see one order, who is online, and each other come and go', async (t) => {
    const { people, group, members } = await crowd(t)
    for (const node of cluster.nodes) assert.equal(on(node, members).length, 2, 'the balancer spreads them')
    const watcher = await connect(t, Object.assign(people[0], { server: cluster.nodes[0] }))
    const { onlineUserIds } = await watcher.join(group)
    assert.deepEqual(onlineUserIds.sort(), people.map(({ id }) => id).sort())
    const elsewhere = members.find((member) => cluster.front.nodeOf(member.client) !== cluster.nodes[0] && member.person !== people[0])
    await elsewhere.rest()
    await elsewhere.client.leave(group)
    await watcher.next('user_offline', (e) => e.userId === elsewhere.person.id)
    await elsewhere.client.join(group, elsewhere.seqs().at(-1))
    await watcher.next('user_online', (e) => e.userId === elsewhere.person.id)
    watcher.close()
    await proved(cluster, members)
  })

  test('an invitation, its answer and the end of a session reach a user on every node', async (t) => {
    const [ali, vali] = await cluster.people('Ali', 'Vali')
    const group = await ali.quranGroup()
    const devices = await Promise.all(cluster.nodes.map((server) => connect(t, Object.assign(Object.create(vali), { server }))))
    const admin = await connect(t, Object.assign(Object.create(ali), { server: cluster.nodes[0] }))
    const { id } = await admin.ask('send_invitation', { receiverId: vali.id, groupId: group.id })
    for (const device of devices) await device.next('new_invitation', (e) => e.id === id)
    await devices[2].ask('respond_to_invitation', { notificationId: id, accept: true })
    await admin.next('invitation_accepted')
    await vali.delete('/me')
    for (const device of devices) {
      await device.next('connection_status', (e) => e.status === 'expired')
      await device.ended()
    }
  })

  test('polling: a request that lands on another node is refused, and the client comes back with since', async (t) => {
    t.after(() => cluster.front.pin())
    cluster.front.pin(cluster.nodes[0])
    const { members } = await crowd(t, ['Ali', 'Vali'], { transports: transports.polling })
    const errors = []
    for (const member of members) member.socket.on('disconnect', (_, details) => errors.push(details?.context?.responseText ?? ''))
    cluster.front.pin(cluster.nodes[1])
    await until(() => members.every((member) => member.connects.length > 1), 'both to come back')
    assert.ok(errors.some((text) => /Session ID unknown/.test(text)), errors.join())
    await progress(members)
    await proved(cluster, members)
  })

  test('behind nginx as operators are told: every transport, and a node that is gone', { skip: noNginx }, async (t) => {
    const proxy = await behindNginx(cluster.nodes[0], { nodes: cluster.nodes })
    t.after(() => proxy.stop())
    const people = await Promise.all(['Ali', 'Vali', 'Gʻani', 'Salim', 'Karim', 'Nodir'].map((name) => proxy.person(name)))
    const group = await people[0].zikrGroup({}, ...people.slice(1))
    const lists = Object.values(transports)
    const members = await Promise.all(people.map((person, i) => Member.of(person, group, { transports: lists[i % lists.length] })))
    t.after(() => members.forEach((member) => member.stop()))
    members.forEach((member) => member.work())
    await progress(members)
    for (const node of cluster.nodes) {
      await node.kill() // one of them has all that poll: they come from one address
      await progress(members, 3)
      await node.start()
    }
    assert.ok(members.every(({ losses }) => losses.length > 0), 'everybody was served by a node that was killed')
    await proved(cluster, members)
  })

  test('kill -9 of a node: its clients are back within 5 s, who does not come back is offline within 30 s', async (t) => {
    const { people, group, members } = await crowd(t)
    const [, victim] = cluster.nodes
    const [ghost] = await cluster.people('Ruh')
    await ghost.post(`/groups/${group.id}/join`)
    const gone = await connect(t, Object.assign(Object.create(ghost), { server: victim }))
    await gone.join(group)
    const moved = on(victim, members)
    assert.ok(moved.length > 0)
    const killed = performance.now()
    await victim.kill()
    const watcher = members.find((member) => !moved.includes(member)).client
    await until(() => moved.every((member) => member.joined && member.connects.at(-1) > killed), 'its clients to be back')
    for (const { connects } of moved) assert.ok(connects.at(-1) - killed < 5000, 'within 5 s')
    await watcher.next('user_offline', (e) => e.userId === ghost.id, 30_000)
    assert.ok(performance.now() - killed < 30_000, 'within 30 s')
    const { onlineUserIds } = await watcher.join(group)
    assert.deepEqual(onlineUserIds.sort(), people.map(({ id }) => id).sort(), 'who came back is online')
    await victim.start()
    await progress(members)
    await proved(cluster, members)
  })

  test('Redis is away for 20 s and comes back empty', async (t) => {
    const { people, group, members } = await crowd(t)
    await cluster.redis.kill()
    const away = performance.now()
    await Promise.all(cluster.nodes.map((node) => node.becomes('degraded')))
    await until(() => performance.now() - away > 20_000, '20 s to be over', 30_000) // time itself is the subject
    await progress(members)
    await cluster.redis.start()
    await Promise.all(cluster.nodes.map((node) => node.becomes('ready')))
    await progress(members)
    await until(async () => {
      const { onlineUserIds } = await members[0].client.join(group)
      return onlineUserIds.length === people.length
    }, 'everybody to be known as online again')
    await proved(cluster, members)
  })

  test('PostgreSQL crashes and is started again', async (t) => {
    const { members } = await crowd(t)
    await cluster.postgres.crash()
    await Promise.all(cluster.nodes.map((node) => node.becomes('unavailable')))
    await cluster.postgres.start()
    await Promise.all(cluster.nodes.map((node) => node.becomes('ready')))
    await progress(members)
    assert.deepEqual(members.flatMap(({ losses }) => losses), [], 'no connection was lost')
    await proved(cluster, members)
  })

  for (const how of ['cut', 'silence']) {
    test(`one node has no Redis (${how})`, async (t) => {
      const { members } = await crowd(t)
      const [, , node] = cluster.nodes
      node.toRedis[how]()
      await node.becomes('degraded')
      await progress(members)
      node.toRedis.mend()
      await node.becomes('ready')
      await progress(members)
      assert.deepEqual(members.flatMap(({ losses }) => losses), [], 'no connection was lost')
      await proved(cluster, members)
    })

    test(`one node has no PostgreSQL (${how}): it refuses clearly, keeps its connections, and recovers`, async (t) => {
      const { members } = await crowd(t)
      const [node] = cluster.nodes
      const here = on(node, members)
      const others = members.filter((member) => !here.includes(member))
      node.toPostgres[how]()
      await node.becomes('unavailable')
      await until(() => here.every((member) => member.refusals.size > 0), 'its members to be refused', 60_000)
      await progress(others)
      node.toPostgres.mend()
      await node.becomes('ready')
      await progress(members)
      assert.deepEqual(members.flatMap(({ losses }) => losses), [], 'no connection was lost')
      for (const { refusals } of here) for (const code of refusals) assert.match(code, /^(internal|rate_limited)$/)
      await proved(cluster, members)
    })
  }

  test('a node hangs for 15 s and wakes', async (t) => {
    const { members } = await crowd(t)
    const [, node] = cluster.nodes
    const others = members.filter((member) => cluster.front.nodeOf(member.client) !== node)
    node.signal('SIGSTOP')
    t.after(() => node.signal('SIGCONT'))
    const asleep = performance.now()
    await progress(others, 3)
    await until(() => performance.now() - asleep > 15_000, '15 s to be over') // time itself is the subject
    node.signal('SIGCONT')
    await node.becomes('ready')
    await progress(members)
    await proved(cluster, members)
  })

  test('all nodes are restarted, one after another', async (t) => {
    const { members } = await crowd(t)
    for (const node of cluster.nodes) {
      await node.terminate()
      await until(() => members.every((member) => member.joined), 'everybody to be on the other nodes')
      await node.start()
      await until(() => cluster.front.ready === cluster.nodes.length, 'the balancer to know the node again')
      await progress(members, 2)
    }
    await proved(cluster, members)
  })

  test('100 rounds of races: three nodes are asked at the same moment', async (t) => {
    const names = ['Ali', 'Vali', 'Gʻani']
    const people = (await cluster.nodes[0].people(...names)).map((person, i) => Object.assign(person, { server: cluster.nodes[i] }))
    const [ali] = people
    const quran = await ali.quranGroup(...people.slice(1))
    const zikr = await ali.zikrGroup({ goal: 10 }, ...people.slice(1))
    const clients = await Promise.all(people.map((person) => connect(t, person)))
    const devices = await Promise.all(cluster.nodes.map((server) => connect(t, Object.assign(Object.create(ali), { server }))))
    for (const client of clients) await Promise.all([client.join(quran, 0), client.join(zikr, 0)])
    const winners = []
    for (let round = 0; round < 100; round++) {
      const poraId = String((round % 30) + 1)
      const bookings = await Promise.all(clients.map((client) => client.send('book_pora', { poraId, groupId: quran.id })))
      const won = bookings.filter((ack) => ack.ok)
      assert.equal(won.length, 1, `pora ${poraId} has one reader: ${JSON.stringify(bookings)}`)
      const winner = bookings.indexOf(won[0])
      winners.push(winner)
      const { bookingId } = won[0].data
      const done = await Promise.all([clients[winner], clients[0]].map((client) => client.send('complete_pora', { bookingId })))
      assert.ok(done.every((ack) => ack.ok), JSON.stringify(done))
      assert.deepEqual(done[0].data, done[1].data, 'completed once')

      const payload = { groupId: zikr.id, zikrId: zikr.zikrId, opId: `round-${round}` }
      const counts = await Promise.all(devices.map((device, i) => device.send('update_zikr_count', { ...payload, count: i + 1 })))
      assert.equal(new Set(counts.map((ack) => ack.data.id)).size, 1, `one counting for one opId: ${JSON.stringify(counts)}`)
      await Promise.all(clients.map((client) => client.ask('update_zikr_count', { groupId: zikr.id, zikrId: zikr.zikrId, count: 3 })))
    }
    await settled(ali, quran, ...clients)
    await settled(ali, zikr, ...clients)
    for (const client of clients) {
      assert.deepEqual(client.all('hatm_completed').map((e) => e.hatmCount), [1, 2, 3])
      const counted = client.all('zikr_count_updated')
      assert.equal(counted.length, 400)
      const crossings = counted.filter((e) => Math.floor(e.totalCount / 10) > Math.floor((e.totalCount - e.count) / 10))
      assert.deepEqual(counted.filter((e) => e.goalReached), crossings, 'each goal reached once')
      assert.deepEqual(client.logged(quran.id), clients[0].logged(quran.id), 'one order for all')
      assert.deepEqual(client.logged(zikr.id), clients[0].logged(zikr.id), 'one order for all')
    }
    const { totalCount } = (await ali.snapshot(zikr)).zikrs[0]
    assert.equal(totalCount, clients[0].all('zikr_count_updated').reduce((n, e) => n + e.count, 0))
    assert.ok(new Set(winners).size > 1, 'more than one node has won')
    cluster.check()
  })
})
