// The promise that the app stands on: whatever happens in a group, however the line
// breaks, what is followed equals a fresh snapshot. On the real server, with real sockets.
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { io, type Socket } from 'socket.io-client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Api } from '../src/core/api'
import type { Counting, EventData } from '../src/core/apply'
import { own, ownCount } from '../src/core/apply'
import { Follower } from '../src/core/follow'
import type { Group, WireSnapshot } from '../src/core/model'
import { normal } from '../src/core/model'

const binary = process.env['ZIKR_TEST_BINARY']

/** random is a generator with a seed, so that a failure can be run again: mulberry32. */
function random(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

describe.skipIf(!binary)('a group that is followed', () => {
  let base: URL
  let child: ChildProcess
  const folder = mkdtempSync(join(tmpdir(), 'zikr-apply-'))

  beforeAll(async () => {
    const port = await new Promise<number>((resolve) => {
      const probe = createServer().listen(0, '127.0.0.1', () => {
        const { port } = probe.address() as { port: number }
        probe.close(() => resolve(port))
      })
    })
    base = new URL(`http://127.0.0.1:${port}/`)
    const env = { PATH: process.env['PATH'], ZIKR_ADDR: base.host, ZIKR_DATA_DIR: folder, ZIKR_RATE_LIMIT: 'off', ZIKR_LOG_LEVEL: 'error' }
    child = spawn(binary!, ['serve'], { env, stdio: 'ignore' })
    for (;;) {
      if (
        await fetch(new URL('readyz', base)).then(
          (r) => r.ok,
          () => false,
        )
      )
        break
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  })
  afterAll(async () => {
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill()
    await ended
    rmSync(folder, { recursive: true, force: true })
  })

  async function person(name: string): Promise<{ id: string; name: string; api: Api; token: string }> {
    const holder: { token?: string } = {}
    const api = new Api({ base, token: () => holder.token, expired: () => undefined })
    const body = { name, surname: 'X', email: `${name}-${Math.random()}@example.org`, password: 'bismillah 114 times' }
    const signed = await api.post<{ token: string; user: { id: string } }>('/auth/register', body)
    holder.token = signed.token
    return { id: signed.user.id, name, api, token: signed.token }
  }

  /** comparable leaves out what a snapshot knows and no event tells, and the order of lists that have none. */
  function comparable(group: Group): unknown {
    const copy = structuredClone(group)
    for (const m of copy.members) m.online = false
    copy.members.sort((a, b) => a.userId.localeCompare(b.userId))
    for (const z of copy.zikrs) z.shares.sort((a, b) => a.userId.localeCompare(b.userId))
    for (const h of copy.hatms) h.openedAt = null
    // What waits for its answer or its event is nothing that a snapshot has.
    delete copy.answers
    for (const z of copy.zikrs) {
      delete z.answers
      delete z.nameless
    }
    return copy
  }

  class Watcher {
    follower: Follower
    #socket: Socket
    #joined = 0
    constructor(
      readonly me: { id: string; name: string; api: Api; token: string },
      readonly groupId: string,
    ) {
      this.follower = new Follower({
        me: me.id,
        read: async () => normal(await me.api.get<WireSnapshot>(`/groups/${groupId}`)),
        show: (g) => g,
        failed: (error) => {
          throw error
        },
      })
      this.#socket = io(`${base.origin}/zikr-app`, {
        transports: ['websocket'],
        auth: { token: me.token },
        reconnectionDelay: 20,
        reconnectionDelayMax: 40,
        forceNew: true,
      })
      this.#socket.on('connect', () => this.#join())
      this.#socket.onAny((name: string, data: EventData) => {
        if (typeof data.seq === 'number' && name !== 'joined_group') this.follower.hear([{ name, data }])
      })
    }
    #join(): void {
      const { group, stale } = this.follower
      const since = stale ? {} : { since: group?.seq }
      this.#socket.emit('join_group', { groupId: this.groupId, ...since }, (answer: { ok: boolean; data: { seq: number; resync?: boolean } }) => {
        this.#joined++
        if (answer.ok) this.follower.joined(answer.data.seq, answer.data.resync ?? false)
      })
    }
    /** drop breaks the line, as a tunnel does; the client comes back by itself. */
    drop(): void {
      if (this.#socket.connected) this.#socket.io.engine?.close()
    }
    async caughtUp(seq: number): Promise<void> {
      for (let i = 0; i < 400 && (this.follower.stale || (this.follower.group?.seq ?? 0) < seq); i++) {
        await new Promise((resolve) => setTimeout(resolve, 10))
      }
      expect(this.#joined).toBeGreaterThan(0)
    }
    close(): void {
      this.#socket.disconnect()
    }
  }

  type People = Awaited<ReturnType<typeof person>>[]

  /** step does one random thing; that it is refused is as good. */
  async function step(next: () => number, people: People, group: Group, watchers: Watcher[]): Promise<void> {
    const who = people[Math.floor(next() * people.length)]!
    const pora = String(1 + Math.floor(next() * 30))
    const held = watchers[0]!.follower.group?.hatms.flatMap((h) => h.poras).filter((p) => p.status !== 'available') ?? []
    const some = held[Math.floor(next() * held.length)]
    const admin = people[0]!
    const what = next()
    const zikr = group.zikrs[0]
    const act = (): Promise<unknown> => {
      const view = watchers.find((w) => w.me === who)?.follower
      const self = { id: who.id, name: `${who.name} X` }
      if (what < 0.3)
        return who.api.post<{ bookingId: string }>(`/groups/${group.id}/bookings`, { poraId: pora }).then(({ bookingId }) => {
          if (view?.group) own(view.group, bookingId, self)
        })
      if (what < 0.5 && some) return admin.api.post(`/bookings/${some.bookingId}/complete`)
      if (what < 0.6 && some) return admin.api.delete(`/bookings/${some.bookingId}`)
      if (what < 0.65 && some) return admin.api.post(`/bookings/${some.bookingId}/reopen`)
      if (what < 0.8 && zikr)
        return who.api.post<Counting>(`/groups/${group.id}/zikrs/${zikr.id}/counts`, { count: 1 + Math.floor(next() * 60) }).then((answer) => {
          if (view?.group) ownCount(view.group, zikr.id, answer, self)
        })
      if (what < 0.84) return who.api.post(`/groups/${group.id}/join`)
      // Those who watch stay: whoever leaves is told nothing more.
      if (what < 0.87 && who !== admin && !view) return who.api.post(`/groups/${group.id}/leave`)
      if (what < 0.9) return admin.api.patch(`/groups/${group.id}`, { name: `Name ${Math.floor(next() * 1000)}` })
      watchers[Math.floor(next() * watchers.length)]!.drop()
      return Promise.resolve()
    }
    await act().catch(() => undefined)
  }

  test.each([1, 2, 3, 4, 5, 6])('equals a fresh snapshot, whatever happens (seed %i)', async (seed) => {
    const next = random(seed)
    const people = await Promise.all(['Ali', 'Zarina', 'Otabek', 'Dilnoza'].map(person))
    const type = seed % 2 === 0 ? 'zikr' : 'quran'
    const wire = await people[0]!.api.post<WireSnapshot>('/groups', {
      name: 'G',
      type,
      isPublic: true,
      openHatms: 1 + (seed % 3),
      isAnonymous: seed > 4,
      zikr: { name: 'Salavot', goal: 100 },
    })
    let group = normal(wire)
    if (group.zikrs.length === 0) {
      await people[0]!.api.post(`/groups/${group.id}/zikrs`, { name: 'Salavot', goal: 100 })
      group = normal(await people[0]!.api.get<WireSnapshot>(`/groups/${group.id}`))
    }
    for (const p of people.slice(1)) await p.api.post(`/groups/${group.id}/join`)
    // The admin of an anonymous group is told who counted by snapshots alone: members watch.
    const watchers = (seed > 4 ? people.slice(1, 3) : people.slice(0, 2)).map((p) => new Watcher(p, group.id))
    await Promise.all(watchers.map((w) => w.caughtUp(1)))
    // Several at once, as people are.
    for (let round = 0; round < 60; round++) await Promise.all(Array.from({ length: 5 }, () => step(next, people, group, watchers)))
    for (const watcher of watchers) {
      const fresh = normal(await watcher.me.api.get<WireSnapshot>(`/groups/${group.id}`))
      await watcher.caughtUp(fresh.seq)
      expect(comparable(watcher.follower.group!)).toEqual(comparable(fresh))
      expect(fresh.seq).toBeGreaterThan(50)
      watcher.close()
    }
  })
})
