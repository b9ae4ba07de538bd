// In an anonymous group nobody but the admin is told who did what, by any way: live, replayed, recovered, over
// REST, in notifications and in the export, on any node. What arrives is searched byte by byte.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { call, connect, settled, useServer, within } from './harness/index.js'
import { useCluster } from './harness/cluster.js'
import { noDatabases } from './harness/databases.js'

const quick = { reconnection: true, reconnectionDelay: 20, reconnectionDelayMax: 100, randomizationFactor: 0 }
const who = new Set(['member_joined', 'member_left', 'user_online', 'user_offline', 'joined_group', 'connection_status'])

// party makes a group that has become anonymous after some acts, and the kinds of people about it.
async function party(host) {
  const [admin, reader, other, former, stranger] = await host.people('Boshliq', 'Raihona', 'Otabek', 'Gulnora', 'Begona')
  const group = await admin.quranGroup(reader, other, former)
  const { zikrId } = await admin.post(`/groups/${group.id}/zikrs`, { name: 'Salovat', goal: 10 }, 201)
  const p = { admin, reader, other, former, stranger, group, zikrId }
  await acts(p, [reader, other, former], 1)
  await admin.patch(`/groups/${group.id}`, { isAnonymous: true })
  return { ...p, link: (await admin.post(`/groups/${group.id}/links`, {}, 201)).code }
}

// acts has each reader do all that one can do over REST.
async function acts({ group, zikrId }, readers, from) {
  for (const [i, reader] of readers.entries()) {
    const [done, freed] = await Promise.all([0, 1].map((n) => reader.post(`/groups/${group.id}/bookings`, { poraId: String(from + 2 * i + n) }, 201)))
    await reader.post(`/bookings/${done.bookingId}/complete`)
    await reader.post(`/bookings/${done.bookingId}/reopen`)
    await reader.post(`/bookings/${done.bookingId}/complete`)
    await reader.delete(`/bookings/${freed.bookingId}`, 200)
    const { id } = await reader.post(`/groups/${group.id}/zikrs/${zikrId}/counts`, { count: 12 })
    await reader.post(`/counts/${id}/undo`)
    await reader.post(`/groups/${group.id}/zikrs/${zikrId}/counts`, { count: 11 })
  }
}

// rest is all that a person gets over REST, but for who is in the group, by where it is got.
async function rest(person, { group, link }) {
  const all = {}
  const of = `/groups/${group.id}`
  for (const path of [of, `${of}/hatms`, `${of}/events?since=0&limit=1000`, `${of}/days`, `/links/${link}`, '/notifications', '/me/days', '/me/export', '/groups?limit=200', '/groups/public?limit=200']) {
    const { body } = await person.request('GET', path)
    if (path === `/groups/${group.id}`) [body.members, body.adminId] = [[], '']
    if (body.events) body.events = body.events.filter((e) => !who.has(e.event))
    all[path] = JSON.stringify(body)
  }
  return all
}

// hides fails if a text holds a person's id or name.
function hides(text, person, what) {
  for (const secret of [person.id, person.name]) {
    const at = text.indexOf(secret)
    assert.ok(at < 0, `${what} tells of ${person.name}: …${text.slice(Math.max(0, at - 200), at + 100)}…`)
  }
}

// refusals are what a person is told who would change what another did.
async function refusals(person, { group }, { bookingId, countId }) {
  const all = {}
  for (const [method, path, body] of [
    ['POST', `/bookings/${bookingId}/complete`], ['POST', `/bookings/${bookingId}/reopen`], ['POST', `/bookings/${bookingId}/remind`],
    ['DELETE', `/bookings/${bookingId}`], ['PATCH', `/bookings/${bookingId}`, { dueAt: '2100-01-01T00:00:00.000Z' }],
    ['POST', `/counts/${countId}/undo`], ['POST', `/groups/${group.id}/bookings`, { poraId: '30' }],
  ]) {
    const { status, text } = await person.request(method, path, body)
    assert.ok(status >= 400, `${method} ${path}: ${status}`)
    all[`${method} ${path}`] = text
  }
  return all
}

// feast has one reach a goal and read a whole hatm, of which all are told who are there.
async function feast({ admin, reader, other }, told) {
  const group = await admin.post('/groups', { name: 'Sokin xatm', type: 'quran', isPublic: true, isAnonymous: true }, 201)
  for (const person of [reader, other]) await person.post(`/groups/${group.id}/join`)
  const { zikrId } = await admin.post(`/groups/${group.id}/zikrs`, { name: 'Salovat', goal: 5 }, 201)
  await other.post(`/groups/${group.id}/zikrs/${zikrId}/counts`, { count: 7 })
  for (let n = 1; n <= 30; n++) {
    const { bookingId } = await other.post(`/groups/${group.id}/bookings`, { poraId: String(n) }, 201)
    await other.post(`/bookings/${bookingId}/complete`)
  }
  for (const type of ['goal_reached', 'hatm_completed']) {
    for (const client of told) {
      const { senderId, senderName } = await client.next('new_notification', (n) => n.type === type && n.groupId === group.id)
      assert.deepEqual([senderId, senderName], ['', ''], type)
    }
  }
}

const acted = (client) => client.recorder.items.filter((i) => !who.has(i.event))

// searched sees that nobody is told of another by what came, or can be got, each way.
async function searched(t, host, nodes) {
  const p = await party(host)
  const { admin, reader, other, former, stranger, group } = p
  const on = (node, person) => Object.assign(Object.create(person), { server: node })
  const [first, last] = [nodes[0], nodes.at(-1)]
  const live = await connect(t, on(last, reader))
  await live.join(group)
  const boss = await connect(t, on(first, admin))
  await boss.join(group)
  const lost = await connect(t, on(last, reader), quick)
  await lost.join(group)
  const { id: socketId } = lost.socket
  const back = within(new Promise((resolve) => lost.socket.io.once('reconnect', resolve)), 'the reconnection')
  const leaver = await connect(t, on(last, former))
  await leaver.join(group)
  lost.drop()
  await acts(p, [other, former], 11)
  const { bookingId } = await other.post(`/groups/${group.id}/bookings`, { poraId: '30' }, 201)
  await former.post(`/groups/${group.id}/leave`)
  await leaver.next('left_group')
  const { id: countId } = await other.post(`/groups/${group.id}/zikrs/${p.zikrId}/counts`, { count: 1 })
  await feast(p, [live, boss])
  await back
  await lost.next('connection_status', (e) => e.status === 'connected')
  assert.deepEqual([lost.socket.recovered, lost.socket.id], [true, socketId])
  await settled(admin, group, live, lost, boss)
  const refusal = await live.refused('pora_already_booked', 'book_pora', { groupId: group.id, poraId: '30' })
  assert.match(refusal.message, /booked by another reader/)
  const replayed = await connect(t, on(first, reader))
  await replayed.join(group, 0)
  await leaver.refused('not_member', 'join_group', { groupId: group.id, since: 0 })
  assert.equal(leaver.logged(group.id).at(-1).event, 'member_left', 'a former member is told nothing more')
  const clients = [['live', live, [other, former]], ['recovered', lost, [other, former]], ['replayed', replayed, [other, former]], ['the admin, live', boss, [other, former]], ['who left', leaver, [reader, other]]]
  for (const [how, client, others] of clients) {
    assert.ok(acted(client).some((i) => i.event === 'pora_completed') && acted(client).some((i) => i.event === 'zikr_count_updated'), how)
    for (const person of others) hides(JSON.stringify(acted(client)), person, how)
  }
  assert.deepEqual(replayed.logged(group.id).slice(-live.logged(group.id).length), live.logged(group.id), 'replayed as it was live')
  for (const [viewer, others] of [[reader, [other, former]], [other, [reader, former]], [former, [reader, other]], [stranger, [reader, other, former]]]) {
    const told = { ...(await rest(viewer, p)), ...(viewer === other ? {} : await refusals(viewer, p, { bookingId, countId })) }
    for (const [where, text] of Object.entries(told)) {
      for (const person of others) hides(text, person, `${where} for ${viewer.name}`)
    }
  }
  return p
}

function proves(host, nodes) {
  test('nobody but the admin is told who did what', async (t) => {
    const { admin, reader, other, former, stranger, group, zikrId } = await searched(t, host(), nodes())
    const mine = await other.snapshot(group)
    assert.deepEqual([mine.poras[29].userId, mine.poras[29].userName], [other.id, other.fullName], 'one’s own')
    const pora = (await reader.snapshot(group)).poras[29]
    assert.deepEqual([pora.status, pora.userId, pora.userName], ['booked', '', ''], 'another’s')
    const [zikr] = mine.zikrs
    assert.deepEqual(zikr.members.map((m) => [m.userId, m.count]), [[other.id, 23], ['', 33]])
    assert.deepEqual([zikr.zikrId, zikr.myCount, zikr.totalCount], [zikrId, 23, 56])
    assert.equal(mine.members.length, 3, 'who is in the group is told')
    const all = await admin.snapshot(group)
    assert.deepEqual(all.zikrs[0].members.map((m) => m.userId).sort(), [reader.id, other.id, former.id].sort(), 'the admin is told all')
    assert.equal(all.poras[29].userId, other.id)
    const seen = await stranger.snapshot(group)
    assert.deepEqual([seen.members, seen.memberCount, seen.adminId, seen.zikrs[0].totalCount, seen.zikrs[0].members], [[], 3, '', 56, []])
    assert.deepEqual(seen.poras[29], { poraId: '30', poraName: '30-Juz', status: 'booked', bookingId: null, userId: null, userName: null, dueAt: null })
    await admin.refused('invalid_payload', 'PATCH', `/groups/${group.id}`, { isAnonymous: false })
  })
}

describe('on one server', () => {
  const server = useServer()
  proves(() => server, () => [server])

  test('a group is anonymous from its first event, for guests too', async (t) => {
    const [ali, vali] = await server.people('Alisher', 'Valijon')
    const group = await ali.post('/groups', { name: 'Sokin', type: 'zikr', isPublic: false, isAnonymous: true, zikr: { name: 'Salovat' } }, 201)
    assert.equal(group.isAnonymous, true)
    const { code } = await ali.post(`/groups/${group.id}/links`, { guests: true }, 201)
    await vali.post(`/links/${code}/join`)
    const { body } = await call(server, 'POST', '/api/v1/auth/guest', { body: { name: 'Mehmon', link: code } })
    server.remember(body.token)
    const guest = Object.assign(vali.with(body.token), { id: body.user.id, name: 'Mehmon', surname: '' })
    const g = await connect(t, guest)
    await g.join(group, 0)
    await vali.post(`/groups/${group.id}/zikrs/${group.zikrs[0].zikrId}/counts`, { count: 5 })
    await settled(ali, group, g)
    hides(JSON.stringify(acted(g)), vali, 'a guest')
    for (const [where, text] of Object.entries(await rest(guest, { group, link: code }))) hides(text, vali, where)
  })
})

describe('on two nodes', { skip: noDatabases }, () => {
  const cluster = useCluster({}, 2)
  proves(() => cluster.nodes[0], () => cluster.nodes)
})
