// Accounts: signing up, logging in, what one changes, and how one goes.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { Person, call, connect, problem, shapes, useServer } from './harness/index.js'

const server = useServer()

const fits = (shape, value) => assert.equal(problem(shapes[shape], value), undefined, JSON.stringify(value))
const open = (method, path, options) => call(server, method, path, options)
const bodyOf = async (method, path, options) => (await open(method, `/api/v1${path}`, options)).body

test('register, log in by email or phone, and come in', async (t) => {
  const email = `Zaynab.${randomUUID()}@Example.org`
  const phone = `+9989${String(Date.now()).slice(-8)}`
  const body = { name: 'Zaynab', surname: 'Karimova', email, phone, password: 'bismillah 114' }
  const { status, body: signed } = await open('POST', '/api/v1/auth/register', { body })
  assert.equal(status, 201)
  assert.deepEqual(Object.keys(signed).sort(), ['device', 'token', 'user'])
  fits('account', signed.user)
  assert.deepEqual([signed.user.name, signed.user.surname, signed.user.email.toLowerCase(), signed.user.phone], ['Zaynab', 'Karimova', email.toLowerCase(), phone])
  for (const login of [email, email.toLowerCase(), phone]) {
    const again = await open('POST', '/api/v1/auth/login', { body: { login, password: 'bismillah 114' } })
    assert.equal(again.status, 200, login)
    assert.deepEqual(again.body.user, signed.user)
    server.remember(again.body.token)
    await connect(t, new Person(server, { ...signed.user, token: again.body.token }))
  }
})

test('a failed login takes the same time whether the account exists or not', async () => {
  const zaynab = await Person.registered(server)
  const spent = async (login) => {
    const start = performance.now()
    assert.equal((await bodyOf('POST', '/auth/login', { body: { login, password: 'not the password' } })).code, 'bad_credentials')
    return performance.now() - start
  }
  // The fastest of several: whatever else the machine does only ever adds time.
  const [known, unknown] = [[], []]
  for (let n = 0; n < 6; n++) {
    known.push(await spent(zaynab.email))
    unknown.push(await spent(`${randomUUID()}@example.org`))
  }
  const ratio = Math.min(...unknown) / Math.min(...known)
  assert.ok(ratio > 0.5 && ratio < 2, `unknown / known: ${ratio.toFixed(2)}`)
})

test('registration refuses what cannot be', async () => {
  const good = () => ({ name: 'A', surname: 'B', email: `${randomUUID()}@example.org`, password: 'bismillah 1' })
  const bad = [
    {}, { name: undefined }, { name: '' }, { name: 'x'.repeat(101) }, { name: 5 }, { surname: 'x'.repeat(101) }, { email: '' }, { email: 'nonsense' }, { email: 5 },
    { password: '1234567' }, { password: 'x'.repeat(201) }, { password: undefined }, { phone: 'call me' }, { phone: 998901234567 },
  ].slice(1)
  for (const change of bad) {
    const { body } = await open('POST', '/api/v1/auth/register', { body: { ...good(), ...change } })
    assert.equal(body.code, 'invalid_payload', JSON.stringify(change).slice(0, 100))
  }
  for (const raw of ['', '{', 'null', '[]', '"x"', '{"name":']) {
    const { body } = await open('POST', '/api/v1/auth/register', { raw })
    assert.equal(body.code, 'invalid_payload', raw)
  }
  const { status } = await open('POST', '/api/v1/auth/register', { body: { ...good(), phone: null, nickname: 'unknown fields are ignored' } })
  assert.equal(status, 201)
})

test('one sees and changes one\'s own account', async () => {
  const zaynab = await Person.registered(server)
  const me = await zaynab.get('/me')
  fits('profile', me)
  assert.deepEqual([me.id, me.quranGroupCount, me.zikrGroupCount], [zaynab.id, 0, 0])
  await zaynab.quranGroup()
  await zaynab.quranGroup()
  await zaynab.zikrGroup()
  const changed = await zaynab.patch('/me', { name: 'Zuhra', surname: 'Nazarova' })
  fits('profile', changed)
  assert.deepEqual([changed.name, changed.surname, changed.quranGroupCount, changed.zikrGroupCount], ['Zuhra', 'Nazarova', 2, 1])
  await zaynab.refused('invalid_payload', 'PATCH', '/me', { name: '' })
  const without = await zaynab.request('PATCH', '/me', { password: 'a new password' })
  assert.ok(without.status === 401 || without.status === 422, `a new password needs the current one: ${without.status}`)
  const wrong = await zaynab.request('PATCH', '/me', { password: 'a new password', currentPassword: 'not it' })
  assert.ok(wrong.status >= 400 && wrong.status < 500, `${wrong.status}`)
  await zaynab.patch('/me', { password: 'a new password', currentPassword: zaynab.password })
  const old = await bodyOf('POST', '/auth/login', { body: { login: zaynab.email, password: zaynab.password } })
  assert.equal(old.code, 'bad_credentials')
  const { user } = await bodyOf('POST', '/auth/login', { body: { login: zaynab.email, password: 'a new password' } })
  assert.equal(user.name, 'Zuhra')
})

test('a new name is seen in groups at once', async (t) => {
  const [ali, vali] = await server.people('Ali', 'Vali')
  const single = new Person(server, { id: randomUUID(), name: 'Yolgʻiz' })
  const guli = single.with(server.token({ sub: single.id, name: single.name }))
  const group = await ali.quranGroup(vali, guli)
  const a = await connect(t, ali)
  await a.join(group)
  await vali.patch('/me', { name: 'Valijon', surname: 'Aliyev' })
  await vali.post(`/groups/${group.id}/bookings`, { poraId: '1' }, 201)
  assert.equal((await a.next('pora_booked')).userName, 'Valijon Aliyev')
  await guli.post(`/groups/${group.id}/bookings`, { poraId: '2' }, 201)
  assert.equal((await a.next('pora_booked')).userName, 'Yolgʻiz', 'trimmed')
  assert.equal((await ali.snapshot(group)).members.find((m) => m.userId === vali.id).userName, 'Valijon Aliyev')
})

test('an account goes with all of its personal data; its counts stay', async (t) => {
  const zaynab = await Person.registered(server)
  const ali = await server.person('Ali')
  const group = await ali.zikrGroup({ goal: 100 }, zaynab)
  const a = await connect(t, ali)
  await a.join(group)
  await zaynab.post(`/groups/${group.id}/zikrs/${group.zikrId}/counts`, { count: 40 })
  const exported = JSON.stringify(await zaynab.get('/me/export'))
  for (const mine of [zaynab.id, zaynab.email, zaynab.name, group.id]) assert.ok(exported.includes(mine), `the export has ${mine}`)
  assert.ok(!exported.includes('argon2'), 'the hash of the password is nobody\'s business')

  await zaynab.delete('/me')
  const left = await a.next('member_left')
  assert.deepEqual([left.userId, left.userName], [zaynab.id, 'Former member'])
  const { zikrs: [zikr], members } = await ali.snapshot(group)
  assert.equal(zikr.totalCount, 40)
  assert.deepEqual(zikr.members.map((m) => [m.userName, m.count]), [['Former member', 40]])
  assert.deepEqual(members.map((m) => m.userId), [ali.id])
  assert.deepEqual((await ali.get(`/users?q=${encodeURIComponent(zaynab.email)}`)).items ?? [], [])
  assert.equal((await bodyOf('POST', '/auth/login', { body: { login: zaynab.email, password: zaynab.password } })).code, 'bad_credentials')
  await ali.refused('user_not_found', 'POST', `/groups/${group.id}/invitations`, { receiverId: zaynab.id })
  const log = JSON.stringify(await ali.get(`/groups/${group.id}/events`))
  assert.ok(!log.includes(zaynab.fullName), 'nor in the log')
  const again = await open('POST', '/api/v1/auth/register', { body: { name: 'Z', surname: 'K', email: zaynab.email, password: 'a password' } })
  assert.equal(again.status, 201, 'the email is free again')
})

test('people are found by a prefix of the name, or by the exact email or phone', async () => {
  const tag = `Q${randomUUID().slice(0, 8)}`
  const phone = `+9987${String(Date.now()).slice(-8)}`
  const ali = await server.person('Ali')
  const wanted = await Person.registered(server, { name: `${tag}Zuhra`, phone })
  const many = await Promise.all(Array.from({ length: 22 }, (_, i) => server.person(`${tag}x${i}`)))
  const search = async (q) => {
    const { items } = await ali.get(`/users?q=${encodeURIComponent(q)}`)
    for (const item of items) fits('userItem', item)
    return items.map((item) => item.id)
  }
  assert.deepEqual(await search(`${tag}zu`), [wanted.id], 'whatever the case')
  assert.deepEqual(await search(wanted.email), [wanted.id])
  assert.deepEqual(await search(wanted.email.toUpperCase()), [wanted.id])
  assert.deepEqual(await search(phone), [wanted.id])
  assert.equal((await search(`${tag}x`)).length, 20, 'twenty at most')
  assert.equal((await search(`${tag}x21`)).length, 1)
  assert.deepEqual(await search(wanted.email.slice(0, -2)), [], 'no part of an email')
  assert.deepEqual(await search(phone.slice(0, -2)), [], 'nor of a phone')
  assert.deepEqual(await search(`%${tag}`), [])
  assert.deepEqual(await search('_'.repeat(tag.length + 1)), [])
  assert.ok(many.length === 22)
})

test('an admin who deletes the account hands over too', async (t) => {
  const [ali, vali] = await server.people('Ali', 'Vali')
  const group = await ali.quranGroup(vali)
  const alone = await ali.quranGroup()
  const v = await connect(t, vali)
  await v.join(group)
  await ali.delete('/me')
  await v.next('member_left')
  await v.next('group_updated')
  assert.equal((await vali.snapshot(group)).adminId, vali.id)
  await vali.refused('not_member', 'GET', `/groups/${alone.id}`)
})
