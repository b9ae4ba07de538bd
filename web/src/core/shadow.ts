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

  async flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    try {
      for (const [key, value] of waiting) await this.#store?.put('seen', { value: value(), at: Date.now() }, key)
    } catch {
      this.#failed()
    }
  }
}
