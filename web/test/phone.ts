// A phone on which one taps, for the tests: what it keeps, its clock, and the server that it speaks with.
import 'fake-indexeddb/auto'
import { Refused } from '../src/core/api'
import type { Sealed, Store } from '../src/core/store'
import { forgetStore, openStore } from '../src/core/store'
import { Taps } from '../src/core/taps'

export const DAY = '2026-01-31'

/** A server that remembers opIds, as the real one does. */
class Fake {
  counted = new Map<string, number>()
  answers: (Error | undefined)[] = [] // one for each send; none: it works
  loseAnswer = false
  held: Promise<void> | undefined // the answers wait for it
  undone: string[] = []
  refusal: Error | undefined // of the next wish to take something back

  send = async (batch: Sealed): Promise<{ id: string; totalCount: number }> => {
    const answer = this.answers.shift()
    if (answer) throw answer
    if (!this.counted.has(batch.opId)) this.counted.set(batch.opId, batch.count)
    await this.held
    if (this.loseAnswer) throw new Refused('offline')
    return { id: `c-${batch.opId}`, totalCount: this.total }
  }
  undo = async ({ id, count }: { id: string; count: number }): Promise<void> => {
    const refusal = this.refusal
    this.refusal = undefined
    if (refusal) throw refusal
    if (!this.undone.includes(id)) {
      this.undone.push(id)
      this.counted.set(`undo-${id}`, -count)
    }
    if (this.loseAnswer) throw new Refused('offline')
  }
  get total(): number {
    return [...this.counted.values()].reduce((a, b) => a + b, 0)
  }
}

class Phone {
  store!: Store
  fake = new Fake()
  now = 0

  async opened(): Promise<void> {
    this.store = await openStore('u')
    this.fake = new Fake()
    this.now = 1_800_000_000_000
  }
  async cleared(): Promise<void> {
    this.store.close()
    await forgetStore('u')
  }
}

export const phone = new Phone()

/** taps are those of one tab. */
export function taps(): Taps {
  const { store, fake } = phone
  return new Taps({
    userId: 'u',
    store,
    send: fake.send,
    undo: fake.undo,
    changed: () => undefined,
    names: () => ({ groupName: 'G', zikrName: 'Z' }),
    now: () => phone.now,
  })
}

export async function kept(t: Taps): Promise<number> {
  const { open, sealed } = await t.kept()
  return [...open, ...sealed].reduce((sum, row) => sum + row.count, 0)
}
