// Three nodes on one PostgreSQL and one Redis, behind a balancer, with members who
// count all the time and come back by themselves, as the app does.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { connect, createServer } from 'node:net'
import { after, before, describe } from 'node:test'
import { Client } from './client.js'
import { Postgres, Redis, Wire, noDatabases } from './databases.js'
import { pause, until } from './recorder.js'
import { Server, useServer } from './server.js'

// onServerAndNodes runs the same tests on one server with SQLite and on two nodes with PostgreSQL. proves declares them, of
// nodes that there are once they run.
export function onServerAndNodes(proves) {
  describe('on one server', () => {
    const server = useServer()
    proves(() => [server])
  })
  describe('on two nodes', { skip: noDatabases }, () => {
    const cluster = useCluster({}, 2)
    proves(() => cluster.nodes)
  })
}

// useCluster starts a cluster for all tests of a file. options are those of each node.
export function useCluster(options, size = 3) {
  const cluster = new Cluster(options, size)
  before(() => cluster.start())
  after(() => cluster.stop())
  return cluster
}

export class Cluster {
  postgres = new Postgres()
  redis = new Redis()
  nodes = []

  #options
  #size

  constructor(options, size) {
    this.#options = options
    this.#size = size
  }

  async start() {
    await Promise.all([this.postgres.start(), this.redis.start()])
    const secret = randomBytes(32).toString('hex')
    for (let n = 0; n < this.#size; n++) this.nodes.push(await Node.of(this, { ...this.#options, secret }))
    await Promise.all(this.nodes.map((node) => node.start())) // at once: they agree who makes the tables
    this.front = await Balancer.before(this.nodes)
  }

  // people makes accounts that use the balancer.
  async people(...names) {
    const people = await this.nodes[0].people(...names)
    return people.map((person) => Object.assign(person, { server: this.front }))
  }

  // check has `zikr check` prove the database.
  check() {
    const { status, stdout, stderr } = spawnSync(process.env.ZIKR_TEST_BINARY, ['check'],
      { env: { PATH: process.env.PATH, ZIKR_DATABASE_URL: this.postgres.url() }, encoding: 'utf8' })
    assert.equal(status, 0, `zikr check: ${stdout.slice(0, 2000)}${stderr.slice(0, 2000)}`)
    assert.match(stdout, /in good order/)
  }

  async stop() {
    await this.front?.close()
    const ends = await Promise.allSettled(this.nodes.map((node) => node.stop()))
    await Promise.allSettled([this.postgres.stop(), this.redis.stop()])
    for (const { reason } of ends) if (reason) throw reason
  }
}

// Node is a server of a cluster, with wires of its own.
class Node extends Server {
  static async of(cluster, { secret, env, ...options }) {
    const toPostgres = await Wire.to(cluster.postgres)
    const toRedis = await Wire.to(cluster.redis)
    const urls = { ZIKR_DATABASE_URL: cluster.postgres.url(toPostgres.port), ZIKR_REDIS_URL: cluster.redis.url(toRedis.port) }
    const node = Object.assign(new Node({ ...options, env: { ...urls, ...env } }), { toPostgres, toRedis, secret })
    for (const { password } of [cluster.postgres, cluster.redis]) node.hide(password)
    return node
  }

  async status() {
    return fetch(`${this.url}/readyz`, { signal: AbortSignal.timeout(5000) }).then(async (r) => (await r.json()).status, () => 'gone')
  }

  // becomes waits for a status of /readyz.
  becomes(status) {
    return until(async () => (await this.status()) === status, `node ${this.port} to be ${status}`, 60_000)
  }

  async stop() {
    try {
      await super.stop()
    } finally {
      await Promise.all([this.toPostgres.close(), this.toRedis.close()])
    }
  }
}

// Balancer gives each connection to the next node that is ready, as it asks again and again.
class Balancer {
  #nodes
  #ready = new Set()
  #turn = 0
  #open = new Set()
  #pinned
  #closed = false

  static async before(nodes) {
    const balancer = new Balancer(nodes)
    await new Promise((resolve) => balancer.listener.listen(0, '127.0.0.1', resolve))
    balancer.url = `http://127.0.0.1:${balancer.listener.address().port}`
    await until(() => balancer.ready === nodes.length, 'the balancer to know all nodes')
    return balancer
  }

  constructor(nodes) {
    this.#nodes = nodes
    this.listener = createServer((near) => this.#serve(near))
    this.watching = Promise.all(nodes.map((node) => this.#watch(node)))
  }

  get port() {
    return this.listener.address().port
  }

  // ready is how many nodes are.
  get ready() {
    return this.#ready.size
  }

  async #watch(node) {
    while (!this.#closed) {
      const ok = await fetch(`${node.url}/readyz`, { signal: AbortSignal.timeout(1500) }).then((r) => r.arrayBuffer().then(() => r.ok), () => false)
      if (ok) this.#ready.add(node)
      else this.#ready.delete(node)
      await pause(200)
    }
  }

  #serve(near) {
    const ready = this.#nodes.filter((node) => this.#ready.has(node))
    const node = this.#pinned ?? ready[this.#turn++ % ready.length]
    if (!node) return near.destroy()
    const far = connect(node.port, '127.0.0.1')
    const pair = { near, node }
    this.#open.add(pair)
    for (const [from, to] of [[near, far], [far, near]]) {
      from.setNoDelay(true)
      from.pipe(to)
      from.on('error', () => {}) // close follows
      from.on('close', () => {
        this.#open.delete(pair)
        to.destroy()
      })
    }
  }

  // pin gives all new connections to one node; without one, to each in its turn again.
  pin(node) {
    this.#pinned = node
  }

  // nodeOf finds the node that serves a client's connection.
  nodeOf(client) {
    const { localPort } = client.socket.io.engine.transport.ws._socket
    return [...this.#open].find(({ near }) => near.remotePort === localPort)?.node
  }

  async close() {
    this.#closed = true
    for (const { near } of this.#open) near.destroy()
    await new Promise((resolve) => this.listener.close(resolve))
    await this.watching
  }
}

const patience = 90_000 // ms that a count may take, faults included

// Member is somebody who follows a group and counts in it. The connection comes back by
// itself, and then asks for what it has missed; a count is sent again, with the same opId, until it is confirmed.
export class Member {
  counted = new Map() // opId -> the confirmation
  refusals = new Set()
  wrong = []
  connects = [] // when
  losses = [] // of the connection: why

  #entered = false // into the channel, in this session
  #number = 0
  #working = []
  #stopped = false
  #over = false

  static async of(person, group, options = {}) {
    const member = new Member(person, group, options)
    await member.client.opened()
    await until(() => member.joined, 'a member to join')
    return member
  }

  constructor(person, group, options) {
    Object.assign(this, { person, group, joined: false })
    this.client = new Client(person.server, person, { reconnection: true, reconnectionDelay: 200, reconnectionDelayMax: 1000, timeout: 3000, ...options })
    this.socket = this.client.socket
    this.socket.on('connect', () => this.#connected())
    this.socket.on('disconnect', (reason, details) => {
      this.joined = false
      this.losses.push(`${reason} (${details?.description?.message ?? details?.description ?? ''} ${details?.context?.code ?? ''} ${details?.context?.reason ?? ''})`)
    })
    if (this.socket.connected) this.#connected()
  }

  // The connection comes with its channel and what it missed, or asks for it.
  async #connected() {
    this.connects.push(performance.now())
    if (!this.socket.recovered) this.#entered = false
    const { id } = this.socket
    while (!this.#entered && this.socket.id === id) {
      const join = { groupId: this.group.id, since: this.seqs().at(-1) ?? 0 }
      this.client.expectReplay(join)
      const ack = await this.#send('join_group', join)
      if (this.socket.id !== id) return
      if (ack?.ok) this.#entered = true
      else await pause(100)
    }
    this.joined = this.socket.id === id
  }

  #send(event, payload) {
    return this.socket.timeout(8000).emitWithAck(event, payload).catch(() => undefined) // lost, or very late
  }

  seqs() {
    return this.client.logged(this.group.id).map((i) => i.data.seq)
  }

  // work counts again and again until rest.
  work(lines = 2) {
    this.#stopped = false
    this.#working = Array.from({ length: lines }, async () => {
      while (!this.#stopped) {
        await this.count(1 + (this.#number % 9))
        await pause(30)
      }
    })
  }

  // rest stops and waits until everything is confirmed.
  async rest() {
    this.#stopped = true
    await Promise.all(this.#working)
  }

  // stop gives up what is not confirmed.
  stop() {
    this.#over = true
    this.#stopped = true
    this.socket.disconnect()
  }

  async count(count) {
    const opId = `op-${this.#number++}`
    const end = performance.now() + patience
    while (!this.#over) {
      const ack = this.socket.connected ? await this.#send('update_zikr_count', { groupId: this.group.id, zikrId: this.group.zikrId, count, opId }) : undefined
      if (ack?.ok) return this.#confirmed(opId, count, ack.data)
      if (ack) this.refusals.add(ack.error.code)
      assert.ok(performance.now() < end, `${opId} was not confirmed within ${patience} ms: ${JSON.stringify(ack)}`)
      await pause(100)
    }
  }

  #confirmed(opId, count, data) {
    if (data.count !== count) this.wrong.push(`${opId}: ${count} was sent, ${data.count} counted`)
    this.counted.set(opId, data)
  }

  // again sends everything again, and is answered with the first confirmations.
  async again(most = 50) {
    for (const [opId, first] of [...this.counted].slice(-most)) {
      const payload = { groupId: this.group.id, zikrId: this.group.zikrId, count: 1, opId }
      const ack = await until(() => this.#send('update_zikr_count', payload), `${opId} to be answered again`, patience) // it may just be coming back
      assert.deepEqual(ack?.data, first, `${opId} once more`)
    }
  }

  sum() {
    return [...this.counted.values()].reduce((n, { count }) => n + count, 0)
  }
}

// proved ends a test: nothing that was confirmed is lost or doubled, and every member has
// seen every seq once, in order.
export async function proved(cluster, members) {
  await Promise.all(members.map((member) => member.rest()))
  for (const member of members) await member.again()
  for (const group of new Set(members.map((member) => member.group))) {
    const here = members.filter((member) => member.group === group)
    const { seq, zikrs: [zikr] } = await here[0].person.snapshot(group)
    await Promise.all(here.map((member) => until(() => member.seqs().at(-1) >= seq, `seq ${seq} at ${member.person.name}, who is at ${member.seqs().at(-1)}`, 60_000)))
    assert.equal(zikr.totalCount, here.reduce((n, member) => n + member.sum(), 0), 'all that was confirmed, and no more')
    const all = Array.from({ length: seq }, (_, i) => i + 1)
    for (const member of here) assert.deepEqual(member.seqs().slice(0, seq), all, `every seq once, in order, at ${member.person.name}`)
  }
  for (const member of members) {
    assert.deepEqual(member.wrong, [])
    member.client.close() // and what the contract says of each event
  }
  cluster.check()
}
