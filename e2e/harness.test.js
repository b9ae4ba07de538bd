// The instruments themselves: what they must notice, they notice.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Client, Recorder, misfit, problem, serverEvents } from './harness/index.js'

const at = '2026-01-31T09:05:00.000Z'
const joined = (seq, more) => ['joined_group', { groupId: 'g', message: 'in', seq, onlineCount: 1, onlineUserIds: ['u'], timestamp: at, ...more }]
const updated = (seq, more) => ['group_updated', { groupId: 'g', seq, timestamp: at, ...more }]
const left = ['left_group', { groupId: 'g', message: 'out', timestamp: at }]

// violations feeds a client with events, as if a server had sent them.
function violations(events, since) {
  const socket = { on: () => {}, onAny: (hear) => (socket.hear = hear), emit: (...args) => args.at(-1)({ ok: true }) }
  const client = new Client({}, { id: 'u' }, { socket })
  if (since !== undefined) client.send('join_group', { groupId: 'g', since })
  for (const [event, ...args] of events) socket.hear(event, ...args)
  return client.violations
}

test('the order of seq', () => {
  const fine = [
    [joined(3), updated(4), updated(5)],
    [joined(0), updated(1), left, joined(9), updated(10)],
    [joined(3), joined(3), updated(4)],
  ]
  for (const events of fine) assert.deepEqual(violations(events), [])
  const wrong = [
    [joined(3), updated(5)], [joined(3), updated(4), updated(4)], [joined(3), updated(5), updated(4)], [joined(3), updated(3)], [updated(1)], [joined(3), left, updated(4)],
  ]
  for (const events of wrong) assert.notDeepEqual(violations(events), [], JSON.stringify(events))
})

test('the order of a replay', () => {
  assert.deepEqual(violations([updated(4), updated(5), joined(5), updated(6)], 3), [])
  assert.deepEqual(violations([joined(9, { resync: true }), updated(10)], 3), [])
  for (const events of [[updated(5), joined(5)], [updated(4), joined(5)], [joined(5)], [updated(4), updated(6), joined(6)]]) {
    assert.notDeepEqual(violations(events, 3), [], JSON.stringify(events))
  }
})

test('names, fields and types', () => {
  const [, good] = updated(1)
  assert.equal(problem(serverEvents.group_updated, good), undefined)
  for (const bad of [{ ...good, seq: '1' }, { ...good, seq: 0 }, { ...good, seq: 1.5 }, { ...good, groupId: '' }, { ...good, timestamp: '2026-01-31T09:05:00Z' }, { ...good, more: 1 }, { groupId: 'g', seq: 1 }, null, [], 'x']) {
    assert.ok(problem(serverEvents.group_updated, bad), JSON.stringify(bad))
  }
  assert.notDeepEqual(violations([['group_danced', {}]]), [])
  assert.notDeepEqual(violations([[...joined(1), 'further']]), [])
})

test('an event is taken once, and waited for until the deadline', async () => {
  const recorder = new Recorder()
  recorder.add(1)
  assert.equal(await recorder.take((n) => n === 1, 'one'), 1)
  await assert.rejects(recorder.take((n) => n === 1, 'another one', 20), /waited 20 ms for another one/)
  setImmediate(() => recorder.add(2))
  assert.equal(await recorder.take((n) => n === 2, 'two'), 2)
  recorder.end('closed')
  await assert.rejects(recorder.take((n) => n === 3, 'three'), /closed, still waiting for three/)
})

test('what is not as the documents describe it', () => {
  const document = { components: { schemas: { Item: { type: 'object', required: ['id', 'at'], properties: {
    id: { type: 'string', minLength: 1 }, at: { type: 'string', format: 'date-time' }, kind: { type: 'string', enum: ['a', 'b'] }, n: { type: ['integer', 'null'], minimum: 1 },
  } } } } }
  const list = { type: 'array', items: { $ref: '#/components/schemas/Item' }, maxItems: 2 }
  const good = { id: 'x', at }
  for (const fine of [[], [good], [good, { ...good, kind: 'b', n: null }], [{ ...good, n: 1 }]]) assert.equal(misfit(document, list, fine), undefined)
  const wrong = [
    null, good, [{ id: 'x' }], [{ ...good, id: '' }], [{ ...good, at: '2026-01-31T09:05:00Z' }], [{ ...good, kind: 'c' }], [{ ...good, n: 0 }], [{ ...good, n: 1.5 }],
    [{ ...good, more: 1 }], [good, good, good],
  ]
  for (const value of wrong) assert.equal(typeof misfit(document, list, value), 'string', JSON.stringify(value))
  const either = { oneOf: [{ type: 'string' }, { type: 'null' }] }
  assert.equal(misfit(document, either, null), undefined)
  assert.equal(typeof misfit(document, either, 1), 'string')
  assert.throws(() => misfit(document, { type: 'string', pattern: 'x' }, 'x'), /pattern/)
})
