// Texts, from outside, as people's keyboards write them.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { Person, call, useServer } from './harness/index.js'

const server = useServer()
const register = (fields) => call(server, 'POST', '/api/v1/auth/register', {
  body: { name: 'Zaynab', surname: 'Karimova', email: `${randomUUID()}@example.org`, password: 'bismillah 114', ...fields },
})
const login = (login, password) => call(server, 'POST', '/api/v1/auth/login', { body: { login, password } })

test('a password is one, composed and decomposed', async () => {
  const email = `${randomUUID()}@example.org`
  assert.equal((await register({ email, password: 'p\u00e4rol uzun' })).status, 201)
  assert.equal((await login(email, 'pa\u0308rol uzun')).status, 200)
  assert.equal((await login(email, 'p\u00e4rol uzun')).status, 200)
  assert.equal((await login(email, 'parol uzun')).status, 401)
})

test('passwords that are tried first are refused', async () => {
  for (const password of ['12345678', '        ', 'Password', 'qwertyuiop', 'aaaaaaaaaaaa', '\u00a0 \u00a0 \u00a0 \u00a0 ']) {
    assert.equal((await register({ password })).body.code, 'invalid_payload', JSON.stringify(password))
  }
})

test('a phone is one, however it is written', async () => {
  const digits = `9989${String(Math.floor(Math.random() * 1e8)).padStart(8, '0')}`
  const made = await register({ phone: `\u202a+998\u00a09${digits.slice(4, 5)}\u2011${digits.slice(5)}\u202c` })
  assert.equal(made.status, 201, made.text)
  assert.equal(made.body.user.phone, `+${digits}`)
  for (const phone of [`00${digits}`, `+${digits}`, digits, [...digits].map((d) => String.fromCharCode(0x660 + Number(d))).join('')]) {
    assert.equal((await register({ phone })).body.code, 'phone_taken', phone)
    assert.equal((await login(phone, 'bismillah 114')).status, 200, phone)
  }
})

test('names that cannot be seen, or that change how others are shown, are refused', async () => {
  for (const name of ['Ali\u001b[31m', 'Ali\nVali', 'gpj.\u202eilA', '\u200b\u200d', ' \u3164 ', '\u2068\u2069', '']) {
    assert.equal((await register({ name })).body.code, 'invalid_payload', JSON.stringify(name))
  }
  const seen = await register({ name: '\u2068Ali\u2069', surname: '  👨\u200d👩\u200d👧 ' })
  assert.deepEqual([seen.status, seen.body.user?.name, seen.body.user?.surname], [201, '\u2068Ali\u2069', '👨\u200d👩\u200d👧'])
})

test('searches find what is meant', async () => {
  const seeker = await Person.registered(server)
  const tail = randomUUID().slice(0, 8).replace(/[0-9-]/g, 'x')
  const found = async (q) => (await seeker.get(`/users?q=${encodeURIComponent(q)}`)).items.map((u) => u.id)
  for (const [name, ...queries] of [
    [`O\u02bbktam${tail}`, `O'ktam${tail}`, `o\u2019KTAM${tail}`, `o\`ktam${tail}`],
    [`J\u00f6ra${tail}`, `Jo\u0308ra${tail}`, `jora${tail}`],
    [`أَحْمَد${tail}`, `احمد${tail}`, `أحمد${tail}`],
    [`Ali Vali${tail}`, `ali  vali${tail}`],
  ]) {
    const { body } = await register({ name })
    for (const q of queries) assert.deepEqual(await found(q), [body.user.id], q)
  }
})
