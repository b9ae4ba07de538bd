// Who may do what: each cell of the table in docs/security.md, over REST and over the socket.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { Documents, call, connect, connectError, useServer } from './harness/index.js'

let documents // by which every answer is as it is described
const server = useServer({ lean: true, env: { ZIKR_PUBLIC_URL: 'https://zikr.example.org' } }, async (server) => {
  documents = await Documents.of(server)
})

const page = readFileSync(new URL('../docs/security.md', import.meta.url), 'utf8')
// table returns the rows of one of the page's tables, as lists of cells.
function table(name) {
  const [, body] = page.match(new RegExp(`<!-- ${name} -->\\n([^]*?)<!-- /${name} -->`))
  return body.trim().split('\n').slice(2).map((line) => line.split('|').slice(1, -1).map((cell) => cell.trim()))
}

// the persons of the columns: nobody has no token, the holder is who the row is about
const persons = ['nobody', 'stranger', 'former', 'elsewhere', 'member', 'holder', 'admin']
const outsiders = ['stranger', 'former', 'elsewhere']
const rows = table('rights').map(([what, rest, event, ...cells]) => ({
  what, rest: code(rest), event: code(event), cells: Object.fromEntries(persons.map((p, i) => [p, code(cells[i])])),
}))
// what outsiders may do in a public group, beside what they may in a private one
const publicly = Object.fromEntries(table('public').map(([, rest, answer]) => [code(rest), code(answer)]))

function code(cell) {
  return cell.replaceAll('`', '')
}

// What operations are sent, where they need something: of a fixture.
const bodies = {
  'POST /auth/register': () => ({ name: 'New', surname: 'Person', email: `${crypto.randomUUID()}@example.org`, password: 'bir tilak 114' }),
  'POST /auth/login': () => ({ login: 'nobody@example.org', password: 'bir tilak 114' }),
  'POST /auth/guest': (f) => ({ name: 'Guest', link: f.code }),
  'PATCH /me': () => ({ name: 'Other' }),
  'POST /admin/users': () => ({ name: 'New', surname: 'Person', email: `${crypto.randomUUID()}@example.org`, password: 'bir tilak 114' }),
  'PATCH /admin/users/{userId}': () => ({ name: 'Other' }),
  'PATCH /admin/groups/{groupId}': (f) => ({ adminId: f.userId }),
  'POST /groups': () => ({ name: 'Another', type: 'quran', isPublic: false }),
  'PATCH /groups/{groupId}': () => ({ name: 'Renamed' }),
  'POST /groups/{groupId}/bookings': () => ({ poraId: '9' }),
  'PATCH /bookings/{bookingId}': () => ({ dueAt: new Date(Date.now() + 86_400_000).toISOString() }),
  'PATCH /groups/{groupId}/hatms/{hatmNumber}': () => ({ dueAt: new Date(Date.now() + 86_400_000).toISOString() }),
  'POST /groups/{groupId}/hatms/{hatmNumber}/share': () => ({}),
  'POST /groups/{groupId}/members': () => ({ name: 'Oyi' }),
  'PATCH /groups/{groupId}/members/{userId}': () => ({ name: 'Oyi' }),
  'POST /groups/{groupId}/invitations': (f) => ({ receiverId: f.people.stranger.id }),
  'POST /groups/{groupId}/zikrs': () => ({ name: 'Salovat' }),
  'PATCH /groups/{groupId}/zikrs/{zikrId}': () => ({ name: 'Salovat' }),
  'POST /groups/{groupId}/zikrs/{zikrId}/counts': () => ({ count: 1 }),
  'POST /groups/{groupId}/links': () => ({}),
  'POST /notifications/{id}/respond': () => ({ accept: true }),
  'POST /groups/{groupId}/members/{userId}/undo': () => ({ since: new Date(Date.now() - 60_000).toISOString() }),
  undo_zikr_count: (f) => ({ id: f.countId }),
  join_group: (f) => ({ groupId: f.groupId }),
  leave_group: (f) => ({ groupId: f.groupId }),
  book_pora: (f) => ({ groupId: f.groupId, poraId: '9' }),
  complete_pora: (f) => ({ bookingId: f.bookingId }),
  release_pora: (f) => ({ bookingId: f.bookingId }),
  reopen_pora: (f) => ({ bookingId: f.bookingId }),
  remind_pora: (f) => ({ bookingId: f.bookingId }),
  update_zikr_count: (f) => ({ groupId: f.groupId, zikrId: f.zikrId, count: 1 }),
  send_invitation: (f) => ({ groupId: f.groupId, receiverId: f.people.stranger.id }),
  respond_to_invitation: (f) => ({ notificationId: f.id, accept: true }),
  mark_notification_read: (f) => ({ notificationId: f.id }),
}

// fixture makes a group with everything in it that a row may speak of: a private one, which is public while its members
// come.
async function fixture({ isPublic = false } = {}) {
  const [admin, member, holder, former, stranger, elsewhere, peer] = await server.people('Admin', 'Member', 'Holder', 'Former', 'Stranger', 'Elsewhere', 'Peer')
  const group = await admin.quranGroup(member, holder, former, peer)
  const [{ zikrId }, { bookingId }, { code }, { id }] = await Promise.all([
    admin.post(`/groups/${group.id}/zikrs`, { name: 'Istighfor' }),
    holder.post(`/groups/${group.id}/bookings`, { poraId: '1' }),
    admin.post(`/groups/${group.id}/links`, { guests: true }),
    elsewhere.quranGroup().then((other) => elsewhere.post(`/groups/${other.id}/invitations`, { receiverId: holder.id })),
    former.post(`/groups/${group.id}/leave`),
  ])
  const { id: countId } = await holder.post(`/groups/${group.id}/zikrs/${zikrId}/counts`, { count: 3 })
  if (!isPublic) await admin.patch(`/groups/${group.id}`, { isPublic })
  return { people: { admin, member, holder, former, stranger, elsewhere }, groupId: group.id, zikrId, bookingId, code, id, userId: peer.id, sessionId: 'none', hatmNumber: 1, countId }
}

const fill = (path, f) => path.replace(/\{(\w+)\}/g, (_, name) => f[name] ?? assert.fail(`no ${name} in the fixture`))

async function overREST(operation, person, f) {
  const [method, path] = operation.split(' ')
  const answer = await call(server, method, '/api/v1' + fill(path, f), { token: f.people[person]?.token, body: bodies[operation]?.(f) })
  assert.equal(documents.answered(operation, answer), undefined, `${operation} by ${person}`)
  return answer.status < 300 ? 'ok' : answer.body.code
}

async function overSocket(t, event, person, f) {
  if (person === 'nobody') return (await connectError(server, {})).data.code
  const client = await connect(t, f.people[person])
  const ack = await client.send(event, bodies[event]?.(f))
  assert.equal(documents.acked(event, ack), undefined, `${event} by ${person}`)
  return ack.ok ? 'ok' : ack.error.code
}

test('the table has a row for every operation and every event', async () => {
  const { openapi, asyncapi } = documents
  const operations = Object.entries(openapi.paths).flatMap(([path, item]) =>
    Object.keys(item).filter((m) => ['get', 'put', 'post', 'patch', 'delete'].includes(m)).map((m) => `${m.toUpperCase()} ${path.replace('/api/v1', '')}`))
  const events = Object.values(asyncapi.operations).filter((o) => o.action === 'receive').map((o) => o.messages[0].$ref.split('/').at(-1))
  const missing = [...operations, ...new Set(events)].filter((o) => !rows.some((r) => r.rest === o || r.event === o))
  assert.deepEqual(missing, [], 'without a row in docs/security.md')
})

// doors are the ways to a use case, each with how it is asked.
function doors(t, { rest, event }) {
  return [[rest, overREST], [event, (operation, ...more) => overSocket(t, operation, ...more)]].filter(([door]) => door !== '')
}

for (const row of rows) {
  test(row.what, async (t) => {
    let shared // by all who are refused: they change nothing
    for (const person of persons) {
      const want = row.cells[person]
      for (const [door, ask] of doors(t, row)) {
        const f = want === 'ok' ? await fixture() : (shared ??= await fixture())
        assert.equal(await ask(door, person, f), want, `${door} by ${person}`)
      }
    }
  })
}

test('in a public group outsiders may do what its table says, and nothing else', async (t) => {
  const f = await fixture({ isPublic: true })
  const used = new Set()
  for (const row of rows) {
    for (const person of outsiders.filter((p) => row.cells[p] !== 'ok')) {
      for (const [door, ask] of doors(t, row)) {
        const own = publicly[door] === 'ok' ? await fixture({ isPublic: true }) : f
        assert.equal(await ask(door, person, own), publicly[door] ?? row.cells[person], `${door} by ${person}`)
        used.add(door)
      }
    }
  }
  assert.deepEqual(Object.keys(publicly).filter((door) => !used.has(door)), [], 'rows of the table for public groups that say nothing new')
})
