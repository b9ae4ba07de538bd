// The platform's admin: by command beside the running server, and over the API.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, test } from 'node:test'
import { Person, call, connect, connectError, problem, shapes, until, useServer } from './harness/index.js'

const fits = (shape, value) => assert.equal(problem(shapes[shape], value), undefined, JSON.stringify(value))

describe('the platform\'s admin', () => {
  const server = useServer()

  // zikr runs a command beside the server, which must succeed.
  async function zikr(...args) {
    const { code, text } = await server.run(...args)
    assert.equal(code, 0, `zikr ${args.join(' ')}:\n${text}`)
    return text
  }

  // admin makes an admin of the platform by command.
  async function admin() {
    const person = await Person.registered(server, { name: 'Admin' })
    await zikr('user', 'admin', person.email)
    return person
  }

  const login = (person, password) => call(server, 'POST', '/api/v1/auth/login', { body: { login: person.email, password } })

  test('nobody else may', async () => {
    const [boss, ali] = [await admin(), await Person.registered(server)]
    const group = await ali.quranGroup()
    const calls = [
      ['GET', '/admin/users'], ['GET', `/admin/users/${ali.id}`], ['PATCH', `/admin/users/${ali.id}`, { name: 'X' }], ['DELETE', `/admin/users/${ali.id}`],
      ['DELETE', `/admin/users/${ali.id}/sessions`], ['POST', '/admin/users', { name: 'A', surname: 'B', email: `${randomUUID()}@example.org`, password: 'bismillah 114' }],
      ['GET', '/admin/groups'], ['GET', `/admin/groups/${group.id}`], ['PATCH', `/admin/groups/${group.id}`, { adminId: ali.id }], ['DELETE', `/admin/groups/${group.id}`],
      ['GET', '/admin/audit'],
    ]
    for (const [method, path, body] of calls) {
      await ali.refused('not_admin', method, path, body)
      assert.equal((await call(server, method, `/api/v1${path}`, { body })).body.code, 'unauthenticated', `${method} ${path}`)
    }
    assert.equal((await boss.get('/me')).isAdmin, true)
    await boss.get('/admin/users')
    await zikr('user', 'admin', '--remove', boss.email)
    await boss.refused('not_admin', 'GET', '/admin/users')
  })

  test('finds, shows, renames, and sets a password for who forgot it', async (t) => {
    const boss = await admin()
    const tag = `Q${randomUUID().slice(0, 8)}`
    const zaynab = await Person.registered(server, { name: `${tag}Zaynab` })
    const client = await connect(t, zaynab)
    for (const q of [zaynab.email, zaynab.id, `${tag}z`]) {
      const { items } = await boss.get(`/admin/users?q=${encodeURIComponent(q)}`)
      fits('adminUser', items[0])
      assert.deepEqual(items.map((u) => u.id), [zaynab.id], q)
    }
    const page = await boss.get('/admin/users?limit=1')
    assert.ok(page.cursor)
    const shown = await boss.get(`/admin/users/${zaynab.id}`)
    fits('adminProfile', shown)
    assert.equal(shown.sessions.length, 1)
    assert.equal((await boss.patch(`/admin/users/${zaynab.id}`, { name: 'Zuhra', surname: '' })).name, 'Zuhra')
    await boss.patch(`/admin/users/${zaynab.id}`, { password: 'set by the admin' })
    await client.next('connection_status', (e) => e.status === 'expired')
    await zaynab.refused('unauthenticated', 'GET', '/me')
    assert.equal((await login(zaynab, zaynab.password)).body.code, 'bad_credentials')
    const again = await login(zaynab, 'set by the admin')
    assert.equal(again.status, 200)
    server.remember(again.body.token)
    await boss.delete(`/admin/users/${zaynab.id}/sessions`)
    await zaynab.with(again.body.token).refused('unauthenticated', 'GET', '/me')
  })

  test('suspends: tokens are refused, sockets end, and all is back afterwards', async (t) => {
    const boss = await admin()
    const zaynab = await Person.registered(server)
    const foreign = zaynab.with(server.token({ sub: zaynab.id }))
    const client = await connect(t, zaynab)
    await boss.patch(`/admin/users/${zaynab.id}`, { isSuspended: true })
    await client.next('connection_status', (e) => e.status === 'expired')
    await until(() => client.reason !== undefined, 'the end of the connection')
    for (const person of [zaynab, foreign]) {
      await person.refused('account_suspended', 'GET', '/me')
      assert.equal((await connectError(server, { auth: { token: person.token } })).data.code, 'account_suspended')
    }
    assert.equal((await login(zaynab, zaynab.password)).body.code, 'account_suspended')
    assert.equal((await login(zaynab, 'a wrong password')).body.code, 'bad_credentials')
    assert.deepEqual((await boss.get(`/users?q=${encodeURIComponent(zaynab.email)}`)).items, [])
    await boss.patch(`/admin/users/${zaynab.id}`, { isSuspended: false })
    await zaynab.get('/me')
    await connect(t, zaynab)
  })

  test('hands groups over and deletes them, and it is seen live', async (t) => {
    const boss = await admin()
    const [ali, vali] = await server.people('Ali', 'Vali')
    const group = await ali.quranGroup(vali)
    const v = await connect(t, vali)
    await v.join(group)
    assert.ok((await boss.get('/admin/groups')).items.some((g) => g.id === group.id))
    assert.equal((await boss.get(`/admin/groups/${group.id}`)).members.length, 2)
    await boss.refused('user_not_found', 'PATCH', `/admin/groups/${group.id}`, { adminId: boss.id })
    assert.equal((await boss.patch(`/admin/groups/${group.id}`, { adminId: vali.id })).adminId, vali.id)
    await v.next('group_updated')
    await boss.delete(`/admin/groups/${group.id}`)
    await v.next('group_deleted')
    await boss.refused('not_member', 'GET', `/admin/groups/${group.id}`)
    for (const person of [ali, vali]) await until(async () => (await person.get('/notifications')).items[0]?.type === 'removed_from_group', 'the notification')
  })

  test('what they do is on record', async () => {
    const boss = await admin()
    const zaynab = await Person.registered(server)
    await boss.patch(`/admin/users/${zaynab.id}`, { name: 'Zuhra' })
    await boss.delete(`/admin/users/${zaynab.id}`)
    await zaynab.refused('unauthenticated', 'GET', '/me')
    const { items } = await boss.get('/admin/audit?limit=3')
    for (const item of items) fits('act', item)
    assert.deepEqual(items.map((a) => [a.act, a.actorId, a.userId]), [
      ['user_deleted', boss.id, zaynab.id], ['user_renamed', boss.id, zaynab.id], ['admin_made', null, boss.id],
    ])
    assert.equal(items[0].userName, 'Former member')
    const printed = await zikr('audit', '--limit', '2')
    assert.match(printed, new RegExp(`user_deleted +${boss.id} +${zaynab.id}`))
    await server.check()
  })

  test('the operator\'s commands do the same', async (t) => {
    const zaynab = await Person.registered(server, { phone: `+9985${String(Date.now()).slice(-8)}` })
    const client = await connect(t, zaynab)
    const shown = await zikr('user', 'show', zaynab.phone)
    for (const part of [zaynab.id, zaynab.email, 'session']) assert.ok(shown.includes(part), shown)
    await zikr('user', 'rename', zaynab.id, 'Zuhra', 'Nazarova')
    assert.equal((await zaynab.get('/me')).name, 'Zuhra')
    await zikr('user', 'suspend', zaynab.email)
    await client.next('connection_status', (e) => e.status === 'expired')
    await zaynab.refused('account_suspended', 'GET', '/me')
    await zikr('user', 'unsuspend', zaynab.email)
    await zaynab.get('/me')
    await zikr('user', 'sign-out', zaynab.email)
    await zaynab.refused('unauthenticated', 'GET', '/me')
    const password = (await zikr('user', 'password', zaynab.email)).match(/^password\t(\S+)$/m)[1]
    server.hide(password)
    const again = await login(zaynab, password)
    assert.equal(again.status, 200)
    const person = zaynab.with(again.body.token)
    const group = await person.quranGroup()
    assert.match(await zikr('group', 'list'), new RegExp(group.id))
    assert.match(await zikr('group', 'show', group.id), new RegExp(zaynab.id))
    await zikr('group', 'hand-over', group.id, zaynab.email)
    const unsure = await server.run('group', 'delete', group.id)
    assert.equal(unsure.code, 1)
    await zikr('group', 'delete', '--yes', group.id)
    await zikr('user', 'delete', '--yes', zaynab.email)
    await person.refused('unauthenticated', 'GET', '/me')
    const none = await server.run('user', 'show', zaynab.email)
    assert.equal(none.code, 1)
    assert.match(none.text, /there is no account/)
  })

  test('names of any kind are printed safely', async () => {
    const tag = `Q${randomUUID().slice(0, 8)}`
    await Person.registered(server, { name: `${tag}\u200bX`, surname: 'Y\u200eZ' })
    const list = await zikr('user', 'list', tag)
    assert.doesNotMatch(list, /[\u200b\u200e\u001b]/)
  })
})

for (const [mode, code] of [['closed', 'registration_closed'], ['invited', 'registration_closed']]) {
  describe(`ZIKR_REGISTRATION=${mode}`, () => {
    const server = useServer({ env: { ZIKR_REGISTRATION: mode } })
    const body = () => ({ name: 'A', surname: 'B', email: `${randomUUID()}@example.org`, password: 'bismillah 114' })

    test('accounts are made by the operator, and by a link where that is enough', async () => {
      const refused = await call(server, 'POST', '/api/v1/auth/register', { body: body() })
      assert.equal(refused.body.code, code)
      const email = `${randomUUID()}@example.org`
      const added = await server.run('user', 'add', 'Ali', 'Valiyev', email)
      assert.equal(added.code, 0, added.text)
      const password = added.text.match(/^password\t(\S+)$/m)[1]
      const login = await call(server, 'POST', '/api/v1/auth/login', { body: { login: email, password } })
      assert.equal(login.status, 200)
      server.remember(login.body.token)
      const ali = new Person(server, { ...login.body.user, token: login.body.token })
      const group = await ali.quranGroup()
      const link = await ali.post(`/groups/${group.id}/links`, { guests: true }, 201)
      const invited = await call(server, 'POST', '/api/v1/auth/register', { body: { ...body(), link: link.code } })
      const guest = await call(server, 'POST', '/api/v1/auth/guest', { body: { name: 'G', link: link.code } })
      if (mode === 'closed') {
        assert.equal(invited.body.code, code)
        assert.equal(guest.body.code, code)
        return
      }
      assert.equal(invited.status, 201)
      assert.equal(guest.status, 201)
      for (const { body: { token } } of [invited, guest]) server.remember(token)
      assert.equal((await ali.snapshot(group)).members.length, 3, 'they are members too')
      const bad = await call(server, 'POST', '/api/v1/auth/register', { body: { ...body(), link: 'ABCDEFGHJKMNPQRS' } })
      assert.equal(bad.body.code, 'link_not_found')
    })
  })
}
