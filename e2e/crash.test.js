// The server is ended while everybody is at work, by kill -9 at any moment and by
// SIGTERM: what was confirmed is there after the start, whoever comes back has every seq
// once, and with opId all may be sent again. ZIKR_TEST_ROUNDS makes it more than 20.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Evening, Server, pause, until } from './harness/index.js'

const ROUNDS = Number(process.env.ZIKR_TEST_ROUNDS ?? 20)

// begun starts a server and an evening on it. No debug log: the rounds are many. Nor may a
// slow machine have anybody wait too long: that is rate_limited, and another test's subject.
async function begun(t) {
  const server = new Server({ env: { ZIKR_LOG_LEVEL: 'info', ZIKR_COMMAND_TIMEOUT: '1m' } })
  t.after(() => server.stop())
  await server.start()
  const evening = await Evening.begin(server)
  t.after(() => evening.end())
  return { server, evening }
}

// moment is random on purpose: any time, while all still come back too; and every other
// round, after some work.
async function moment(evening, round) {
  const enough = evening.confirmed + 1 + Math.random() * 300
  if (round % 2) await until(() => evening.confirmed > enough, 'some work')
  else await pause(Math.random() * 500)
}

test(`kill -9 at random moments, ${ROUNDS} rounds: nothing lost, nothing doubled, every seq once`, async (t) => {
  const { server, evening } = await begun(t)
  for (let round = 0; round < ROUNDS; round++) {
    const killed = moment(evening, round).then(() => server.kill())
    await evening.work()
    await killed
    evening.lose()
    await server.start()
    if (round % 20 === 9) await server.check()
  }
  await evening.settle()
  t.diagnostic(`rounds ${ROUNDS}, confirmed ${evening.confirmed}, sent again ${evening.retried}, lost 0, doubled 0`)
})

test('SIGTERM under load: all are told, what was confirmed is stored, and they come back', async (t) => {
  const { server, evening } = await begun(t)
  const listeners = [...Object.values(evening.followers).flat(), ...Object.values(evening.apps)]
  for (let round = 0; round < 3; round++) {
    const before = evening.confirmed
    const ended = until(() => evening.confirmed > before + 300, 'some work').then(() => server.terminate())
    await evening.work()
    await ended
    for (const listener of listeners) assert.equal(listener.status, 'draining')
    evening.lose()
    await server.start()
  }
  await evening.settle()
})
