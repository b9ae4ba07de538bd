// Sessions: where one is logged in, what ends one and what does not, and that nobody stays who was sent away.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, test } from 'node:test'
import { Person, call, connect, connectError, problem, shapes, until, useServer } from './harness/index.js'
import { useCluster } from './harness/cluster.js'
import { noDatabases } from './harness/databases.js'

const PASSWORD = 'bismillah 114'
const chrome = 'Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36'
const fits = (shape, value) => assert.equal(problem(shapes[shape], value), undefined, JSON.stringify(value))
const seconds = () => Math.floor(Date.now() / 1000)

// loggedIn makes an account and logs it in n times, on so many devices.
async function loggedIn(server, n, headers) {
  const first = await Person.registered(server, { password: PASSWORD })
  const others = []
  for (let i = 0; i < n; i++) {
    const { status, body, text } = await call(server, 'POST', '/api/v1/auth/login', { body: { login: first.email, password: PASSWORD, deviceName: `device ${i}` }, headers })
    assert.equal(status, 200, text)
    server.remember(body.token)
    others.push(first.with(body.token))
  }
  return [first, ...others]
}

// gone waits until a connection has been told that it is over.
async function gone(client) {
  const began = Date.now()
  await client.next('connection_status', (e) => e.status === 'expired')
  await until(() => client.reason !== undefined, 'the end of the connection')
  assert.ok(Date.now() - began < 5000, 'within five seconds')
}

describe('sessions', () => {
  const server = useServer({ env: { ZIKR_JWT_OPEN_ACCOUNTS: 'true' } })

  test('each log-in is a session, on a device in words', async () => {
    const [first, phone] = await loggedIn(server, 1)
    const { body } = await call(server, 'POST', '/api/v1/auth/login', { body: { login: first.email, password: PASSWORD }, headers: { 'user-agent': chrome } })
    server.remember(body.token)
    const web = first.with(body.token)
    const { items, cursor } = await web.get('/me/sessions')
    for (const item of items) fits('session', item)
    assert.equal(cursor, null)
    assert.equal(items.length, 3)
    assert.match(items[0].device, /Chrome/)
    assert.deepEqual(items.map((i) => i.isCurrent), [true, false, false])
    assert.equal(items[1].device, 'device 0')
    assert.deepEqual((await phone.get('/me/sessions')).items.map((i) => i.isCurrent), [false, true, false])
    const exported = await web.get('/me/export')
    assert.equal(exported.sessions.length, 3)
    const long = await call(server, 'POST', '/api/v1/auth/login', { body: { login: first.email, password: PASSWORD, deviceName: 'x'.repeat(101) } })
    assert.equal(long.body.code, 'invalid_payload')
  })

  test('who logs out is gone at once, on sockets too, and nobody else is', async (t) => {
    const [first, second, third] = await loggedIn(server, 2)
    const [a, b, c] = [await connect(t, first), await connect(t, second), await connect(t, third)]
    await second.post('/auth/logout', undefined, 204)
    await gone(b)
    await second.refused('unauthenticated', 'GET', '/me')
    assert.equal((await connectError(server, { auth: { token: second.token } })).data.code, 'unauthenticated')
    await second.refused('unauthenticated', 'POST', '/auth/logout')
    const { items } = await first.get('/me/sessions')
    assert.equal(items.length, 2)
    await first.refused('session_not_found', 'DELETE', `/me/sessions/${randomUUID()}`)
    await first.delete(`/me/sessions/${items[0].id}`)
    await gone(c)
    await third.refused('unauthenticated', 'GET', '/me')
    const stranger = await Person.registered(server)
    await stranger.refused('session_not_found', 'DELETE', `/me/sessions/${items[1].id}`)
    await a.ask('get_notifications')
  })

  test('all others end, those of another issuer too; what is issued later is good', async (t) => {
    const [first, second] = await loggedIn(server, 1)
    const foreign = first.with(server.token({ sub: first.id, iat: seconds() - 5 }))
    const before = first.with(server.token({ iss: 'zikr', id: first.id, ver: 1, jti: randomUUID() })) // as a release without sessions signs them
    const clients = [await connect(t, second), await connect(t, foreign), await connect(t, before)]
    const kept = await connect(t, first)
    await first.delete('/me/sessions')
    await Promise.all(clients.map(gone))
    for (const person of [second, foreign, before]) await person.refused('unauthenticated', 'GET', '/me')
    await kept.ask('get_notifications')
    assert.equal((await first.get('/me/sessions')).items.length, 1)
    await first.with(server.token({ sub: first.id, iat: seconds() + 2 })).get('/me')
    await server.restart()
    await first.get('/me')
    await second.refused('unauthenticated', 'GET', '/me')
  })

  test('a token is renewed before it ends, by who may', async () => {
    const [first] = await loggedIn(server, 0)
    const { body } = await first.request('POST', '/auth/renew')
    server.remember(body.token)
    fits('account', body.user)
    const renewed = first.with(body.token)
    const { items } = await renewed.get('/me/sessions')
    assert.equal(items.length, 1, 'the same session')
    await first.get('/me')
    const old = first.with(server.token({ iss: 'zikr', id: first.id, ver: 1, jti: randomUUID() }))
    await old.refused('session_not_found', 'POST', '/auth/logout')
    const { body: own } = await old.request('POST', '/auth/renew', { deviceName: 'Old phone' })
    server.remember(own.token)
    assert.equal((await first.with(own.token).get('/me/sessions')).items[0].device, 'Old phone', 'it has a session now')
    await first.with(server.token({ sub: first.id })).refused('unauthenticated', 'POST', '/auth/renew')
    await renewed.post('/auth/logout', undefined, 204)
    for (const person of [first, renewed]) await person.refused('unauthenticated', 'POST', '/auth/renew')
  })

  test('what a stolen token must not do asks for the password', async () => {
    const [zaynab] = await loggedIn(server, 0)
    const stolen = zaynab.with(server.token({ iss: 'zikr', id: zaynab.id, ver: 1, jti: randomUUID(), iat: seconds() - 3600 }))
    const email = `${randomUUID()}@example.org`
    await stolen.refused('bad_credentials', 'PATCH', '/me', { email })
    await stolen.refused('bad_credentials', 'PATCH', '/me', { phone: '+998901112233' })
    await stolen.refused('bad_credentials', 'PATCH', '/me', { password: 'a new password of theirs' })
    await stolen.refused('bad_credentials', 'DELETE', '/me')
    await stolen.refused('bad_credentials', 'DELETE', '/me', { currentPassword: 'a guess of theirs' })
    await stolen.patch('/me', { name: 'Zuhra' })
    await stolen.patch('/me', { email, currentPassword: PASSWORD })
    await zaynab.patch('/me', { email: zaynab.email }) // the session is young
    assert.equal((await stolen.request('DELETE', '/me', { currentPassword: PASSWORD })).status, 204)
    await zaynab.refused('unauthenticated', 'GET', '/me')
  })

  test('a new password ends the other sessions', async (t) => {
    const [first, second] = await loggedIn(server, 1)
    const [kept, other] = [await connect(t, first), await connect(t, second)]
    await first.patch('/me', { password: 'another of mine', currentPassword: PASSWORD })
    await gone(other)
    await second.refused('unauthenticated', 'GET', '/me')
    await kept.ask('get_notifications')
    await first.get('/me')
  })

  test('somebody of another issuer who left comes back as somebody new', async () => {
    const ali = await server.person('Ali')
    const id = `u-${randomUUID()}`
    const claims = { sub: id, name: 'Sami', surname: 'Nur', email: `${id}@example.org` }
    const sami = new Person(server, { id, token: server.token({ ...claims, iat: seconds() - 5 }), name: 'Sami' })
    await sami.get('/me')
    const group = await ali.zikrGroup({ goal: 100 }, sami)
    await sami.post(`/groups/${group.id}/zikrs/${group.zikrId}/counts`, { count: 7 })
    await sami.delete('/me')
    await sami.refused('unauthenticated', 'GET', '/me')
    const { members: [share] } = (await ali.snapshot(group)).zikrs[0]
    assert.deepEqual([share.userName, share.count], ['Former member', 7])
    assert.notEqual(share.userId, id, 'the tombstone has an id of its own')
    assert.ok(!JSON.stringify(await ali.get(`/groups/${group.id}/events`)).includes(id), 'the log does not name the subject')
    const back = sami.with(server.token({ ...claims, iat: seconds() + 2 }))
    const me = await back.get('/me')
    assert.deepEqual([me.id, me.name, me.zikrGroupCount], [id, 'Sami', 0])
    await back.post(`/groups/${group.id}/join`)
    assert.equal((await back.snapshot(group)).zikrs[0].myCount, 0)
    await sami.refused('unauthenticated', 'GET', '/me')
    await server.check()
  })

  test('blocked: answered as if sent, and never there', async (t) => {
    const [admin, blocking, other] = await server.people('Admin', 'Blocking', 'Other')
    const group = await admin.quranGroup()
    const [a, b] = [await connect(t, admin), await connect(t, blocking)]
    const put = await blocking.request('PUT', `/me/blocks/${admin.id}`)
    assert.equal(put.status, 204)
    await blocking.refused('user_not_found', 'PUT', `/me/blocks/${randomUUID()}`)
    const { items } = await blocking.get('/me/blocks')
    fits('block', items[0])
    const hidden = await a.ask('send_invitation', { receiverId: blocking.id, groupId: group.id })
    const arrives = await a.ask('send_invitation', { receiverId: other.id, groupId: group.id })
    assert.deepEqual(Object.keys(hidden), Object.keys(arrives))
    for (const receiver of [blocking, other]) {
      const { error } = await a.send('send_invitation', { receiverId: receiver.id, groupId: group.id })
      assert.equal(error.code, 'invitation_pending')
    }
    assert.deepEqual(await b.ask('get_notifications'), [])
    assert.equal((await other.get('/notifications')).items.length, 1)
    await blocking.refused('invitation_not_found', 'POST', `/notifications/${hidden.id}/respond`, { accept: true })
    assert.equal(b.all('new_invitation').length, 0)
    await blocking.delete(`/me/blocks/${admin.id}`)
    assert.deepEqual((await blocking.get('/notifications')).items, [], 'it stays away')
    const second = await admin.quranGroup()
    await a.ask('send_invitation', { receiverId: blocking.id, groupId: second.id })
    await b.next('new_invitation')
  })

  test('who does not want to be found by address is not', async () => {
    const zaynab = await Person.registered(server)
    const ali = await server.person('Ali')
    const found = async () => (await ali.get(`/users?q=${encodeURIComponent(zaynab.email)}`)).items.length
    assert.equal(await found(), 1)
    assert.equal((await zaynab.patch('/me', { findable: false })).findable, false)
    assert.equal(await found(), 0)
    assert.equal((await zaynab.get('/me/export')).user.findable, false)
    await zaynab.patch('/me', { findable: true })
    assert.equal(await found(), 1)
  })
})

describe('sessions on two nodes', { skip: noDatabases }, () => {
  const cluster = useCluster({}, 2)

  test('end everywhere', async (t) => {
    const [here, there] = cluster.nodes
    const [first, second] = await loggedIn(here, 1)
    const elsewhere = Object.assign(second.with(second.token), { server: there })
    const client = await connect(t, elsewhere)
    await first.delete(`/me/sessions/${(await second.get('/me/sessions')).items.find((i) => i.isCurrent).id}`)
    await gone(client)
    await elsewhere.refused('unauthenticated', 'GET', '/me')
    const admin = await here.run('user', 'suspend', first.email) // to the node that ZIKR_ADDR names
    assert.equal(admin.code, 0, admin.text)
    await Object.assign(first.with(first.token), { server: there }).refused('account_suspended', 'GET', '/me')
    cluster.check()
  })
})
