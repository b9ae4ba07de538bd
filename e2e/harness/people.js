// People: accounts on the server under test, and what they do over REST.
import assert from 'node:assert/strict'
import { createHmac, randomUUID } from 'node:crypto'
import { codes } from './contract.js'

// sign makes a JSON Web Token by hand, also ones that no honest issuer makes.
export function sign(claims, { secret, alg = 'HS256', header = { alg, typ: 'JWT' }, hash = 'sha256' }) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const head = `${part(header)}.${part(claims)}`
  if (alg === 'none') return `${head}.`
  return `${head}.${createHmac(hash, secret).update(head).digest('base64url')}`
}

// call makes one request and checks that the answer has the shape that every
// answer has: JSON, and problem+json with a known code for an error.
export async function call(server, method, path, { token, body, headers = {}, raw } = {}) {
  const response = await fetch(server.url + path, {
    method,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined && raw === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    body: raw ?? (body === undefined ? undefined : JSON.stringify(body)),
  })
  const text = await response.text()
  const answer = { status: response.status, headers: response.headers, text }
  const type = response.headers.get('content-type') ?? ''
  if (/\bjson\b/.test(type) && text !== '') answer.body = JSON.parse(text)
  if (response.status === 204) assert.equal(text, '', `${method} ${path}: 204 has no body`)
  if (path.startsWith('/api/') && response.status >= 400) checkProblem(answer, `${method} ${path}`)
  return answer
}

function checkProblem({ status, headers, body, text }, what) {
  assert.match(headers.get('content-type') ?? '', /^application\/problem\+json\b/, `${what}: ${status} ${text.slice(0, 300)}`)
  assert.equal(body.status, status, `${what}: status in the body`)
  assert.ok(codes[body.code]?.includes(status), `${what}: code ${body.code} with status ${status}: ${text.slice(0, 300)}`)
  assert.ok(typeof body.title === 'string' && body.title !== '', `${what}: a title`)
  assert.ok(typeof body.detail === 'string' && body.detail !== '', `${what}: a sentence in detail`)
}

export class Person {
  constructor(server, { id, token, name, surname }) {
    Object.assign(this, { server, id, token, name, surname })
  }

  // provisioned makes an account as another issuer's token does: at its first use.
  static async provisioned(server, name = 'Ali', surname = 'Valiyev') {
    const id = `u-${randomUUID()}`
    const token = server.token({ sub: id, name, surname, email: `${id}@example.org` })
    const person = new Person(server, { id, token, name, surname })
    await person.get('/me')
    return person
  }

  // registered makes an account with an email and a password.
  static async registered(server, fields = {}) {
    const body = { name: 'Zaynab', surname: 'Karimova', email: `${randomUUID()}@example.org`, password: 'a password', ...fields }
    const { status, body: answer, text } = await call(server, 'POST', '/api/v1/auth/register', { body })
    assert.equal(status, 201, text)
    server.remember(answer.token)
    return Object.assign(new Person(server, { ...answer.user, token: answer.token }), { email: body.email, phone: body.phone, password: body.password })
  }

  // with is the same person with another token.
  with(token) {
    return Object.assign(new Person(this.server, { ...this, token }), { email: this.email, password: this.password })
  }

  get fullName() {
    return `${this.name} ${this.surname ?? ''}`.trim()
  }

  request(method, path, body) {
    return call(this.server, method, '/api/v1' + path, { token: this.token, body })
  }

  async #ok(method, path, body, status) {
    const answer = await this.request(method, path, body)
    assert.ok(status ? answer.status === status : answer.status < 300, `${method} ${path}: ${answer.status} ${answer.text.slice(0, 500)}`)
    return answer.body
  }

  get(path, status) {
    return this.#ok('GET', path, undefined, status)
  }

  post(path, body, status) {
    return this.#ok('POST', path, body, status)
  }

  patch(path, body, status) {
    return this.#ok('PATCH', path, body, status)
  }

  delete(path, status = 204) {
    return this.#ok('DELETE', path, undefined, status)
  }

  // refused makes a request that must fail with a code, and returns the problem.
  async refused(code, method, path, body) {
    const answer = await this.request(method, path, body)
    assert.equal(answer.body?.code, code, `${method} ${path}: ${answer.status} ${answer.text.slice(0, 500)}`)
    return answer.body
  }

  snapshot(group) {
    return this.get(`/groups/${group.id}`)
  }

  async #group(body, others) {
    const group = await this.post('/groups', { isPublic: true, ...body }, 201)
    for (const other of others) await other.post(`/groups/${group.id}/join`)
    return group
  }

  // quranGroup makes a group that reads, with this person as admin and the others as members.
  quranGroup(...others) {
    return this.#group({ name: 'Juma hatmi', type: 'quran' }, others)
  }

  // zikrGroup makes a group that counts one zikr, and returns it with its zikrId.
  async zikrGroup(zikr, ...others) {
    const group = await this.#group({ name: 'Tong zikri', type: 'zikr', zikr: { name: 'Subhanalloh', ...zikr } }, others)
    return { ...group, zikrId: group.zikrs[0].zikrId }
  }
}
