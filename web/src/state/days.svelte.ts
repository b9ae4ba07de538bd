// What was done day by day: thirty days at a time, the last ones first.
import { dateOf, dayBefore, dayOf } from '../core/days'
import type { Day } from '../parts/bars.svelte'
import { filled } from './filled'
import { session } from './session.svelte'

const SPAN = 30
/** OLDEST is how many stretches back one can go: two years. */
const OLDEST = 24

interface Answer {
  from?: string
  days: Day[] | null
  streak?: { days: number; best: number }
}

export class Days {
  shown = $state.raw<Day[]>()
  streak = $state.raw<{ days: number; best: number }>()
  /** ends are the last days of the stretches that one has gone through; the one that is shown is the last of them. */
  #ends = $state.raw([dayOf(new Date())])
  readonly #path: string

  constructor(path: string) {
    this.#path = path
  }

  get latest(): boolean {
    return this.#ends.length === 1
  }
  get oldest(): boolean {
    return this.#ends.length > OLDEST
  }

  load(): Promise<void> {
    return this.#show(this.#ends)
  }
  earlier(): Promise<void> {
    const first = this.shown?.[0]?.date ?? dayOf(new Date())
    return this.#show([...this.#ends, dayBefore(dateOf(first), 1)])
  }
  later(): Promise<void> {
    return this.#show(this.#ends.slice(0, -1))
  }

  async #show(ends: string[]): Promise<void> {
    const to = ends.at(-1) ?? dayOf(new Date())
    const from = dayBefore(dateOf(to), SPAN - 1)
    const answer = await session.api.get<Answer>(`${this.#path}?from=${from}&to=${to}`)
    // Of a group that has done very much, the server looks at fewer days.
    this.shown = filled(answer.days ?? [], answer.from ?? from, to)
    this.streak = answer.streak
    this.#ends = ends
  }
}
