// What was seen last, for the moment when there is no line. Written at most once a
// second, since a busy board changes far more often than anybody turns a phone off.
import type { Store } from './store'

const EVERY = 1000 // ms

export class Shadow {
  #store: Store | undefined
  #waiting = new Map<string, () => unknown>()
  #timer: ReturnType<typeof setTimeout> | undefined
  /** failed is told once when the device has no room. */
  #failed: () => void

  constructor(store: Store | undefined, failed: () => void) {
    this.#store = store
    this.#failed = failed
  }

  /** keep keeps what value returns at the time of writing. */
  keep(key: string, value: () => unknown): void {
    this.#waiting.set(key, value)
    this.#timer ??= setTimeout(() => void this.flush(), EVERY)
  }

  async seen<T>(key: string): Promise<{ value: T; at: number } | undefined> {
    const row = await this.#store?.get('seen', key).catch(() => undefined)
    return row as { value: T; at: number } | undefined
  }

  async forget(key: string): Promise<void> {
    this.#waiting.delete(key)
    await this.#store?.delete('seen', key).catch(() => undefined)
  }

  /** clear forgets all. */
  async clear(): Promise<void> {
    this.#waiting.clear()
    await this.#store?.clear('seen').catch(() => undefined)
  }

  /** flush writes what waits, in one transaction: what is forgotten after it was asked for is forgotten after it was written. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const at = Date.now()
    const rows = [...this.#waiting].map(([key, value]) => ({ key, value: value() })).filter(({ value }) => value !== undefined)
    this.#waiting.clear()
    if (!this.#store || rows.length === 0) return
    try {
      const tx = this.#store.transaction('seen', 'readwrite')
      await Promise.all([...rows.map(({ key, value }) => tx.store.put({ value, at }, key)), tx.done])
    } catch {
      this.#failed()
    }
  }
}
