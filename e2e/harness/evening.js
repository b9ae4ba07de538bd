// An evening: members of two groups count, read, come and go, all at once, while
// the server is ended again and again. Whoever was not answered sends the same
// again. At the end, what was confirmed, what was told and what is stored must be one.
import assert from 'node:assert/strict'
import { App } from './app.js'
import { Follower, Gone } from './follower.js'
import { until } from './recorder.js'

const COUNTERS = 4
const AT_ONCE = 4 // countings of each that are under way
const READERS = 3

export class Evening {
  retried = 0 // sends of what was sent before
  counts = [] // confirmations of counts
  bookings = []
  completions = []
  moves = 0 // confirmed joins and leaves
  log = { zikr: [], quran: [] } // of each group: { event, data }

  #server
  #workers = []
  #op = 0
  #pora = 0

  static async begin(server) {
    const evening = new Evening()
    evening.#server = server
    const counters = await server.people(...Array.from({ length: COUNTERS }, (_, i) => `Zokir ${i}`))
    const readers = await server.people(...Array.from({ length: READERS }, (_, i) => `Qori ${i}`))
    evening.zikr = await counters[0].zikrGroup({ goal: 1000 }, ...counters.slice(1))
    evening.quran = await readers[0].quranGroup(...readers.slice(1))
    evening.admins = { zikr: counters[0], quran: readers[0] }
    evening.wanderer = await server.person('Musofir')
    const follow = (kind, people) => people.map((person, i) => new Follower(person, evening[kind], {
      recovers: i === 1, hear: i === 0 ? (event, data) => evening.log[kind].push({ event, data }) : undefined,
    }))
    evening.followers = { zikr: follow('zikr', counters), quran: follow('quran', readers) }
    evening.apps = { zikr: new App(counters[1], evening.zikr), quran: new App(readers[1], evening.quran) }
    evening.#employ()
    return evening
  }

  // A worker does one step after another. A step that was not answered is done again.
  #employ() {
    for (const follower of this.followers.zikr) {
      for (let n = 0; n < AT_ONCE; n++) this.#workers.push({ next: () => this.#count(follower) })
    }
    for (const follower of this.followers.quran) this.#workers.push({ next: (worker) => this.#read(follower, worker) })
    this.#workers.push({ next: () => this.#wander() })
  }

  #count(follower) {
    if (Math.random() < 0.02 && this.counts.length > 0) return this.#repeat()
    const payload = { groupId: this.zikr.id, zikrId: this.zikr.zikrId, count: 1 + Math.floor(Math.random() * 9), opId: `op-${this.#op++}` }
    return async () => {
      const data = done(await follower.send('update_zikr_count', payload))
      assert.equal(data.count, payload.count)
      this.counts.push({ follower, payload, data })
    }
  }

  // #repeat counts again what was confirmed: the answer is the first one.
  #repeat() {
    const { follower, payload, data } = this.counts[Math.floor(Math.random() * this.counts.length)]
    return async () => {
      this.retried += 1
      assert.deepEqual(done(await follower.send('update_zikr_count', payload)), data, 'answered with the first confirmation')
    }
  }

  #read(follower, worker) {
    if (worker.booking) {
      return async () => {
        this.completions.push(done(await follower.send('complete_pora', { bookingId: worker.booking.bookingId })))
        worker.booking = undefined
      }
    }
    const poraId = String((this.#pora++ % 30) + 1)
    return async () => {
      const ack = await until(async () => {
        const ack = await follower.send('book_pora', { poraId, groupId: this.quran.id })
        return ack.error?.code !== 'pora_already_completed' && ack
      }, 'the others to read the rest of this hatm')
      worker.booking = done(ack)
      this.bookings.push(worker.booking)
    }
  }

  // #wander joins the zikr group, or leaves it.
  #wander() {
    const path = `/groups/${this.zikr.id}/${this.moves % 2 === 0 ? 'join' : 'leave'}`
    return async (again) => {
      const { status, body } = await this.wanderer.request('POST', path).catch(() => { throw new Gone() })
      assert.ok(status < 300 || (again && body.code === 'not_member'), `${path}: ${status} ${JSON.stringify(body)}`)
      this.moves += 1
    }
  }

  // work lets everybody come back and work until the server is gone, or until stop says so.
  async work(stop = () => false) {
    const followers = [...this.followers.zikr, ...this.followers.quran]
    const back = await Promise.all(followers.map((follower) => unlessGone(() => follower.come())))
    if (back.includes(false)) return
    await Promise.all(this.#workers.map((worker) => unlessGone(() => this.#toil(worker, stop))))
  }

  // What was booked is read, too, before anybody stops: others may wait for it.
  async #toil(worker, stop) {
    while (worker.step || worker.booking || !stop()) {
      if (worker.step) this.retried += 1
      const again = worker.step !== undefined
      worker.step ??= worker.next(worker)
      await worker.step(again)
      worker.step = undefined
    }
  }

  // lose ends the connections that still look open.
  lose() {
    for (const follower of [...this.followers.zikr, ...this.followers.quran]) follower.drop()
  }

  get confirmed() {
    return this.counts.length + this.bookings.length + this.completions.length + this.moves
  }

  // settle finishes what was not answered, and proves that nothing was lost or done twice.
  async settle() {
    await this.work(() => true)
    assert.deepEqual(this.#workers.filter((worker) => worker.step), [], 'all is answered')
    for (const kind of ['zikr', 'quran']) {
      const { seq } = await this.admins[kind].snapshot(this[kind])
      const all = [...this.followers[kind], this.apps[kind]]
      await Promise.all(all.map((one) => one.reached(seq)))
      for (const one of all) assert.deepEqual([one.seq, one.problems], [seq, []], 'each sees every seq once, in order')
    }
    this.#provedCounts((await this.admins.zikr.snapshot(this.zikr)).zikrs[0])
    this.#provedReading(await this.admins.quran.snapshot(this.quran))
    const moves = this.log.zikr.filter(({ event, data }) => /^member_/.test(event) && data.userId === this.wanderer.id)
    assert.deepEqual(moves.map(({ event }) => event), Array.from({ length: this.moves }, (_, i) => (i % 2 ? 'member_left' : 'member_joined')))
    await this.#server.check()
  }

  // Each confirmation is one event, of the same count and total, and they lead from 0 to what is stored.
  #provedCounts({ totalCount, members }) {
    const told = this.log.zikr.filter(({ event }) => event === 'zikr_count_updated').map(({ data }) => [data.totalCount, data.count, data.userId])
    const confirmed = this.counts.map(({ follower, data }) => [data.totalCount, data.count, follower.person.id]).sort(([a], [b]) => a - b)
    assert.equal(told.length, this.#op, 'each opId once')
    assert.deepEqual(told, confirmed, 'what was told is what was confirmed')
    assert.equal(confirmed.reduce((sum, [total, count]) => (assert.equal(total, sum + count), total), 0), totalCount)
    assert.equal(members.reduce((sum, { count }) => sum + count, 0), totalCount)
    assert.equal(new Set(this.counts.map(({ data }) => data.id)).size, this.#op, 'one counting for each opId')
  }

  #provedReading({ hatmCount, poras }) {
    const told = (name) => this.log.quran.filter(({ event }) => event === name).map(({ data }) => data.bookingId).sort()
    assert.deepEqual(told('pora_booked'), this.bookings.map((b) => b.bookingId).sort(), 'each booking once')
    assert.deepEqual(told('pora_completed'), this.completions.map((c) => c.bookingId).sort(), 'each completion once')
    assert.equal(told('hatm_completed').length, hatmCount)
    assert.equal(hatmCount * 30 + poras.filter(({ status }) => status === 'completed').length, this.completions.length)
  }

  end() {
    this.lose()
    for (const app of Object.values(this.apps)) app.close()
  }
}

function done(ack) {
  assert.equal(ack.ok, true, JSON.stringify(ack))
  return ack.data
}

// unlessGone reports whether it came to its end; false if the connection was lost.
async function unlessGone(work) {
  try {
    await work()
    return true
  } catch (error) {
    if (error instanceof Gone) return false
    throw error
  }
}
