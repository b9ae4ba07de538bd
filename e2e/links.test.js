// In by a link, without a hurdle: links, their pictures, and guests.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Person, call, connect, useServer } from './harness/index.js'

const server = useServer({ env: { ZIKR_PUBLIC_URL: 'https://zikr.example.org/', ZIKR_RATE_LIMIT: 'on', ZIKR_LINK_MISSES: '20' } })

test('a link lets people in, and the group sees them come', async (t) => {
  const [ali, vali] = await server.people('Ali', 'Vali')
  const group = await ali.quranGroup()
  const link = await ali.post(`/groups/${group.id}/links`, { maxUses: 1 }, 201)
  assert.match(link.code, /^[0-9a-hjkmnp-tv-z]{16}$/)
  assert.equal(link.url, `https://zikr.example.org/j/${link.code}`)
  const page = await call(server, 'GET', `/api/v1/links/${link.code}`)
  assert.deepEqual(page.body, {
    groupId: group.id, groupName: group.name, type: 'quran', dedication: null, memberCount: 1, hatmCount: 0, totalFinished: 0, guests: false, expiresAt: null,
  })
  const a = await connect(t, ali)
  await a.join(group)
  const snapshot = await vali.post(`/links/${link.code}/join`, undefined, 200)
  assert.equal(snapshot.members.length, 2)
  assert.equal((await a.next('member_joined')).userId, vali.id)
  await vali.post(`/links/${link.code}/join`, undefined, 200)
  const [sami] = await server.people('Sami')
  await sami.refused('link_expired', 'POST', `/links/${link.code}/join`)
})

test('a hundred come at once by a link for ten', async () => {
  const [ali, ...many] = await server.people('Ali', ...Array.from({ length: 100 }, (_, i) => `Reader${i}`))
  const group = await ali.quranGroup()
  const link = await ali.post(`/groups/${group.id}/links`, { maxUses: 10 }, 201)
  const answers = await Promise.all(many.map((p) => p.request('POST', `/links/${link.code}/join`)))
  const statuses = answers.map((a) => a.status)
  assert.equal(statuses.filter((s) => s === 200).length, 10)
  assert.equal(statuses.filter((s) => s === 410).length, 90)
  assert.equal((await ali.snapshot(group)).members.length, 11)
})

test('a guest reads, and becomes a full account without losing anything', async (t) => {
  const ali = await Person.registered(server)
  const group = await ali.quranGroup()
  const link = await ali.post(`/groups/${group.id}/links`, { guests: true }, 201)
  const { status, body } = await call(server, 'POST', '/api/v1/auth/guest', { body: { name: 'Oyijon', link: link.code } })
  assert.equal(status, 201)
  assert.equal(body.user.isGuest, true)
  server.remember(body.token)
  const guest = new Person(server, { ...body.user, token: body.token })
  const g = await connect(t, guest)
  await g.join(group)
  const { bookingId } = await g.ask('book_pora', { groupId: group.id, poraId: '7' })
  await g.ask('complete_pora', { bookingId })
  await guest.refused('guests_not_allowed', 'POST', '/groups', { name: 'Mine', type: 'quran', isPublic: false })
  assert.deepEqual((await ali.get('/users?q=Oyijon')).items, [])
  const me = await guest.patch('/me', { email: `oyijon-${guest.id}@example.org`, password: 'bir tilak 114' })
  assert.equal(me.isGuest, false)
  const again = await call(server, 'POST', '/api/v1/auth/login', { body: { login: me.email, password: 'bir tilak 114' } })
  assert.equal(again.status, 200)
  server.remember(again.body.token)
  const snapshot = await guest.with(again.body.token).snapshot(group)
  assert.equal(snapshot.poras[6].userId, guest.id)
})

test('a link is a picture that a phone reads', async () => {
  const [ali] = await server.people('Ali')
  const group = await ali.quranGroup()
  const link = await ali.post(`/groups/${group.id}/links`, {}, 201)
  const svg = await call(server, 'GET', `/api/v1/links/${link.code}/qr.svg`)
  assert.equal(svg.headers.get('content-type'), 'image/svg+xml')
  assert.match(svg.text, /^<svg .*<\/svg>$/s)
  const png = await fetch(`${server.url}/api/v1/links/${link.code}/qr.png?size=600`)
  const bytes = new Uint8Array(await png.arrayBuffer())
  assert.deepEqual([...bytes.slice(1, 4)].map((b) => String.fromCharCode(b)).join(''), 'PNG')
  assert.ok(new DataView(bytes.buffer).getUint32(16) >= 600, 'at least so wide')
})

describe('where few people are', () => { // where many are signed in, one address may miss more often
  const server = useServer({ env: { ZIKR_RATE_LIMIT: 'on', ZIKR_LINK_MISSES: '20' } })

  test('guesses find nothing and are slowed; who has a link is not', async () => {
    const [ali] = await server.people('Ali')
    const group = await ali.quranGroup()
    const link = await ali.post(`/groups/${group.id}/links`, {}, 201)
    const statuses = []
    for (let i = 0; i < 40; i++) {
      const code = Math.random().toString(36).slice(2).padEnd(16, '0').slice(0, 16)
      statuses.push((await call(server, 'GET', `/api/v1/links/${code}`)).status)
    }
    assert.deepEqual([...new Set(statuses)], [404, 429])
    assert.equal(statuses.filter((s) => s === 404).length, 20)
    assert.equal(link.uses, 0)
  })
})
