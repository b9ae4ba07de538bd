// The queue of taps. A tap is in the database before it is shown; it is sealed with
// others under an opId; one tab sends what is sealed; and it is deleted only when the
// server confirmed it. So the server gets exactly what was shown, through any crash. What is
// taken back of what was sent is kept as a wish first, and finished by whoever sends next.
import { codeOf, Refused } from './api'
import type { Back, Open, Sealed, Sent, Store } from './store'

export const MAX_BATCH = 100_000
const DAY = 86_400_000 // ms
/** An opId is remembered by the server for at least this long. */
const REMEMBERED = 30 * DAY
/** How long what was sent is kept: a day longer than it is offered, for what is being taken back just then. */
const KEPT = 2 * DAY
/** How many batches of a zikr are kept, of those that were sent: they are read at each tap. */
const MOST_SENT = 50
const PAUSE = 1000 // ms from a tap to its sending, and between two tries; doubled to MAX_PAUSE
const MAX_PAUSE = 15_000
const ANSWER = 5000 // ms for the server to confirm

/** Refusals that pass. What is refused otherwise is told to the person, and never dropped. */
const PASSING = new Set(['offline', 'rate_limited', 'internal', 'unauthenticated', 'token_expired', 'account_suspended'])

/** too_old is our own code: the server may have forgotten the opId, so the person is asked. */
export const TOO_OLD = 'too_old'

export interface Confirmation {
  id: string
  totalCount: number
}

export interface TapsOptions {
  userId: string
  store: Store
  /** send asks the server to add a batch. It throws Refused. */
  send: (batch: Sealed, timeout: number) => Promise<Confirmation>
  /** undo asks the server to take a whole batch back; asked again, it does it once. It throws Refused. */
  undo: (back: Back) => Promise<void>
  /** changed is told when anything here changed, in this tab or in another. */
  changed: () => void
  /** names are those of a group and a zikr, to be kept with a batch. */
  names: (groupId: string, zikrId: string) => { groupName: string; zikrName: string }
  locks?: LockManager | undefined
  channel?: BroadcastChannel | undefined
  now?: () => number
}

export class Taps {
  #options: TapsOptions
  #now: () => number
  #timer: ReturnType<typeof setTimeout> | undefined
  #pause = PAUSE
  #sending: Promise<void> | undefined
  /** asked: a flush was asked for since the last one began. */
  #asked = false
  #closed = false

  constructor(options: TapsOptions) {
    this.#options = options
    this.#now = options.now ?? Date.now
    options.channel?.addEventListener('message', () => options.changed())
  }

  get #store(): Store {
    return this.#options.store
  }

  /** tap adds to what is open, and resolves to what this device counted today, once both are kept. */
  async tap(groupId: string, zikrId: string, count: number, day: string): Promise<number> {
    const tx = this.#store.transaction(['open', 'tally'], 'readwrite')
    const [open, tally] = await Promise.all([tx.objectStore('open').get([groupId, zikrId]), tx.objectStore('tally').get([day, zikrId])])
    const today = (tally?.count ?? 0) + count
    void tx.objectStore('open').put({ groupId, zikrId, count: (open?.count ?? 0) + count })
    void tx.objectStore('tally').put({ day, zikrId, count: today })
    await tx.done
    this.#tell()
    this.#plan(this.#pause)
    return today
  }

  /** undo takes back one tap that is not sealed yet. False: there is none. */
  async undo(groupId: string, zikrId: string, day: string): Promise<boolean> {
    const tx = this.#store.transaction(['open', 'tally'], 'readwrite')
    const [open, tally] = await Promise.all([tx.objectStore('open').get([groupId, zikrId]), tx.objectStore('tally').get([day, zikrId])])
    if (!open) {
      await tx.done
      return false
    }
    if (open.count > 1) void tx.objectStore('open').put({ ...open, count: open.count - 1 })
    else void tx.objectStore('open').delete([groupId, zikrId])
    if (tally) void tx.objectStore('tally').put({ ...tally, count: Math.max(0, tally.count - 1) })
    await tx.done
    this.#tell()
    return true
  }

  /** today is what this device counted of a zikr on a day. */
  async today(zikrId: string, day: string): Promise<number> {
    return (await this.#store.get('tally', [day, zikrId]))?.count ?? 0
  }

  /** kept is all that the server has not confirmed: taps, batches, and what is to be taken back. */
  async kept(): Promise<{ open: Open[]; sealed: Sealed[]; back: Back[] }> {
    const tx = this.#store.transaction(['open', 'sealed', 'back'])
    const [open, sealed, back] = await Promise.all([tx.objectStore('open').getAll(), tx.objectStore('sealed').getAll(), tx.objectStore('back').getAll()])
    return { open, sealed, back }
  }

  /** lastSent is the newest batch of a zikr that may still be taken back. */
  async lastSent(zikrId: string): Promise<Sent | undefined> {
    const now = this.#now()
    const sent = await this.#store.getAllFromIndex('sent', 'at', IDBKeyRange.bound(now - DAY, now))
    return sent.reverse().find((s) => s.zikrId === zikrId)
  }

  /**
   * takeBack takes back a batch that was sent: so many of it stay, and are sent anew. That it is wanted is kept
   * before the server is asked, so that it is finished through any crash. False: it waits for the server. It
   * throws Refused if the server will not; then all of it stays counted.
   */
  async takeBack({ id }: Sent, day: string, stay = 0): Promise<boolean> {
    const tx = this.#store.transaction(['sent', 'back'], 'readwrite')
    const sent = await tx.objectStore('sent').get(id)
    if (sent) {
      void tx.objectStore('sent').delete(id)
      void tx.objectStore('back').put({ ...sent, stay, day })
    }
    await tx.done
    this.#tell()
    const done = await this.#locked(() => this.#finish(id))
    if (!done) this.#plan(this.#pause)
    return done
  }

  /** move gives what was refused to another zikr, under a new opId. */
  async move(opId: string, groupId: string, zikrId: string): Promise<void> {
    const tx = this.#store.transaction(['open', 'sealed'], 'readwrite')
    const batch = await tx.objectStore('sealed').get(opId)
    if (batch?.code) {
      const open = await tx.objectStore('open').get([groupId, zikrId])
      void tx.objectStore('open').put({ groupId, zikrId, count: (open?.count ?? 0) + batch.count })
      void tx.objectStore('sealed').delete(opId)
    }
    await tx.done
    this.#tell()
    this.#plan(0)
  }

  /** again sends what was refused, or is too old, once more as it is. */
  async again(opId: string): Promise<void> {
    const tx = this.#store.transaction('sealed', 'readwrite')
    const batch = await tx.store.get(opId)
    if (batch?.code) void tx.store.put({ ...batch, code: '', madeAt: this.#now() })
    await tx.done
    this.#tell()
    this.#plan(0)
  }

  /** letGo deletes what was refused, because the person said so. */
  async letGo(opId: string): Promise<void> {
    const tx = this.#store.transaction('sealed', 'readwrite')
    if ((await tx.store.get(opId))?.code) void tx.store.delete(opId)
    await tx.done
    this.#tell()
  }

  /** hurry sends at once: the line is back, or the page goes away. */
  hurry(): void {
    this.#pause = PAUSE
    this.#plan(0)
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  /** flush seals what is open and sends what is sealed. Only one tab does so at a time. */
  flush(): Promise<void> {
    this.#asked = true
    this.#sending ??= this.#flushAsked().finally(() => (this.#sending = undefined))
    return this.#sending
  }

  /** flushAsked flushes once more where that was asked for meanwhile: what was tapped since is not in the batches that were being sent. */
  async #flushAsked(): Promise<void> {
    let all = true
    while (all && this.#asked) {
      this.#asked = false
      all = await this.#locked(() => this.#flush())
    }
  }

  async #locked<T>(work: () => Promise<T>): Promise<T> {
    const { locks, userId } = this.#options
    // For one flush, not for life: a frozen tab would keep it.
    return locks ? await locks.request(`zikr-send-${userId}`, work) : await work()
  }

  /** False: the rest is to be sent later, or never by this tab. */
  async #flush(): Promise<boolean> {
    if (this.#closed) return false
    await this.#seal()
    for (const batch of await this.#store.getAll('sealed')) {
      if (this.#closed) return false
      if (batch.code) continue
      if (Math.abs(this.#now() - batch.madeAt) > REMEMBERED) await this.#refuse(batch, TOO_OLD)
      else if (!(await this.#send(batch))) return false
    }
    for (const { id } of (await this.kept()).back) {
      // What the server will not take back any more stays counted: nothing is lost by it.
      if (!this.#closed && !(await this.#finish(id).catch((error: unknown) => error instanceof Refused))) {
        this.#slower()
        return false
      }
    }
    this.#pause = PAUSE
    return true
  }

  /** finish takes back what was asked for, if it is not done yet. False: the server is to be asked later. */
  async #finish(id: string): Promise<boolean> {
    const back = await this.#store.get('back', id)
    if (!back) return true
    try {
      await this.#options.undo(back)
    } catch (error) {
      if (PASSING.has(codeOf(error))) return false
      await this.#stays(back)
      throw error
    }
    await this.#takenBack(id)
    return true
  }

  /** takenBack forgets a batch that the server has undone, and counts anew what stays of it: once, whoever was told so. */
  async #takenBack(id: string): Promise<void> {
    const tx = this.#store.transaction(['open', 'back', 'tally'], 'readwrite')
    const back = await tx.objectStore('back').get(id)
    if (back) {
      const { groupId, zikrId, count, stay, day } = back
      const [open, tally] = await Promise.all([tx.objectStore('open').get([groupId, zikrId]), tx.objectStore('tally').get([day, zikrId])])
      void tx.objectStore('back').delete(id)
      if (stay > 0) void tx.objectStore('open').put({ groupId, zikrId, count: (open?.count ?? 0) + stay })
      if (tally) void tx.objectStore('tally').put({ ...tally, count: Math.max(0, tally.count - count + stay) })
    }
    await tx.done
    this.#tell()
    this.#plan(PAUSE)
  }

  /** stays notes that the server will not take a batch back. */
  async #stays({ id, groupId, zikrId, count, at }: Back): Promise<void> {
    const tx = this.#store.transaction(['sent', 'back'], 'readwrite')
    void tx.objectStore('back').delete(id)
    void tx.objectStore('sent').put({ id, groupId, zikrId, count, at })
    await tx.done
    this.#tell()
  }

  /** seal makes batches of what is open, in one transaction: a tap is in the one or in the other. */
  async #seal(): Promise<void> {
    const tx = this.#store.transaction(['open', 'sealed'], 'readwrite')
    const open = await tx.objectStore('open').getAll()
    for (const row of open) {
      for (let left = row.count; left > 0; left -= MAX_BATCH) {
        void tx.objectStore('sealed').add(this.#batch(row, Math.min(left, MAX_BATCH)))
      }
      void tx.objectStore('open').delete([row.groupId, row.zikrId])
    }
    await tx.done
    if (open.length > 0) this.#tell()
  }

  #batch({ groupId, zikrId }: Open, count: number): Sealed {
    const names = this.#options.names(groupId, zikrId)
    return { opId: newId(), groupId, zikrId, ...names, count, madeAt: this.#now(), code: '' }
  }

  /** send sends one batch. False: the server is to be asked later. */
  async #send(batch: Sealed): Promise<boolean> {
    try {
      await this.#confirm(batch, await this.#options.send(batch, ANSWER))
      return true
    } catch (error) {
      const code = codeOf(error)
      if (!PASSING.has(code)) {
        await this.#refuse(batch, code)
        return true
      }
      this.#slower()
      return false
    }
  }

  /** slower tries again, after twice the pause of before. */
  #slower(): void {
    this.#pause = Math.min(this.#pause * 2, MAX_PAUSE)
    this.#plan(this.#pause)
  }

  /** confirm deletes a batch, and notes that it was sent. Without room for the note it cannot be taken back, but is not sent without end either. */
  async #confirm({ opId, groupId, zikrId, count }: Sealed, { id }: Confirmation): Promise<void> {
    const tx = this.#store.transaction(['sealed', 'sent'], 'readwrite')
    const note = { id, groupId, zikrId, count, at: this.#now() }
    try {
      await Promise.all([tx.objectStore('sealed').delete(opId), tx.objectStore('sent').put(note), tx.done])
    } catch {
      await this.#store.delete('sealed', opId)
    }
    await this.#forget(zikrId)
    this.#tell()
  }

  /** forget deletes notes of what was sent that nobody takes back any more: the old ones, and of one zikr the many. */
  async #forget(zikrId: string): Promise<void> {
    const tx = this.#store.transaction('sent', 'readwrite')
    const known = await tx.store.index('at').getAll()
    const old = known.filter((s) => Math.abs(this.#now() - s.at) > KEPT)
    const many = known.filter((s) => s.zikrId === zikrId).slice(0, -MOST_SENT)
    await Promise.all([...[...old, ...many].map(({ id }) => tx.store.delete(id)), tx.done])
  }

  /** refuse notes why a batch was not taken; one that is gone was confirmed to another tab, where there are no locks. */
  async #refuse(batch: Sealed, code: string): Promise<void> {
    const tx = this.#store.transaction('sealed', 'readwrite')
    if ((await tx.store.getKey(batch.opId)) !== undefined) void tx.store.put({ ...batch, code })
    await tx.done
    this.#tell()
  }

  #plan(pause: number): void {
    if (this.#closed) return
    if (pause === 0) clearTimeout(this.#timer)
    else if (this.#timer !== undefined) return
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.flush().catch(() => this.#plan(MAX_PAUSE))
    }, pause)
  }

  #tell(): void {
    this.#options.changed()
    try {
      this.#options.channel?.postMessage('changed')
    } catch {
      // the channel was closed with its account
    }
  }
}

/** newId is an id that nobody else makes. randomUUID needs a secure page, and a mosque's server may have none. */
export function newId(): string {
  if (typeof crypto.randomUUID === 'function') return crypto.randomUUID()
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, '0')).join('')
}
