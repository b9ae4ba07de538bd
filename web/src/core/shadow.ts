// What was seen last, for the moment when there is no line. Written at most once a
// second, since a busy board changes far more often than anybody turns a phone off.
import type { Store } from './store'

const EVERY = 1000 // ms

export interface Seen<T> {
  value: T
  at: number
}

/** Hand is a place for one thing that is read without waiting for the database. */
export interface Hand {
  read: () => { key?: string; seen?: Seen<unknown> } | undefined
  /** write replaces what lies there; undefined takes it away. */
  write: (what: { key: string; seen: Seen<unknown> } | undefined) => void
}

export class Shadow {
  #store: Promise<Store | undefined>
  #waiting = new Map<string, () => unknown>()
  #timer: ReturnType<typeof setTimeout> | undefined
  /** failed is told once when the device has no room. */
  #failed: () => void
  #hand: Hand | undefined
  #near: ReturnType<Hand['read']>
  #nearest = ''

  constructor(store: Promise<Store | undefined>, failed: () => void, hand?: Hand) {
    this.#store = store
    this.#failed = failed
    this.#hand = hand
    this.#near = hand?.read()
  }

  /** keep keeps what value returns at the time of writing. */
  keep(key: string, value: () => unknown): void {
    this.#waiting.set(key, value)
    this.#timer ??= setTimeout(() => void this.flush(), EVERY)
  }

  /** keepNear keeps it where the next start has it at once, too. */
  keepNear(key: string, value: () => unknown): void {
    this.#nearest = key
    this.keep(key, value)
  }

  async seen<T>(key: string): Promise<Seen<T> | undefined> {
    const near = this.#near
    if (near?.key === key && near.seen) {
      this.#near = undefined // what is written from now on is in the database first
      return near.seen as Seen<T>
    }
    const row = await (await this.#store)?.get('seen', key).catch(() => undefined)
    return row as Seen<T> | undefined
  }

  async forget(key: string): Promise<void> {
    this.#waiting.delete(key)
    if (this.#nearest === key || this.#near?.key === key) this.#putDown()
    await (await this.#store)?.delete('seen', key).catch(() => undefined)
  }

  async flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    const store = await this.#store
    try {
      for (const [key, value] of waiting) {
        const seen = { value: value(), at: Date.now() }
        await store?.put('seen', seen, key)
        if (key === this.#nearest) this.#hand?.write({ key, seen })
      }
    } catch {
      this.#failed()
    }
  }

  /** close writes what waits. Nothing lies at hand any more: who comes next may be somebody else. */
  async close(): Promise<void> {
    this.#nearest = ''
    await this.flush()
    this.#putDown()
  }

  #putDown(): void {
    this.#near = undefined
    this.#nearest = ''
    this.#hand?.write(undefined)
  }
}
