// My groups, and the public ones.
import { all, codeOf } from '../core/api'
import type { Wire } from '../core/model'
import type { Home } from './home.svelte'

export type GroupItem = Wire['GroupItem']

export interface Found {
  items: GroupItem[]
  /** cursor is where the next page begins; null at the end. */
  cursor: string | null
}

export class Groups {
  items = $state.raw<GroupItem[]>()
  /** at is when they were read, of those that were kept from the last time. */
  at = $state<Date>()
  /** failed is why they could not be read. */
  failed = $state('')
  #asked = 0 // how often they were asked for
  #home: Home

  constructor(home: Home) {
    this.#home = home
  }

  async remember(): Promise<void> {
    const seen = await this.#home.shadow.seen<GroupItem[]>('groups')
    if (!seen) return
    this.items = seen.value
    this.at = new Date(seen.at)
  }

  /** load reads them anew. An answer that a later question has overtaken is not shown. */
  async load(): Promise<void> {
    const asked = ++this.#asked
    try {
      const items = await all<GroupItem>(this.#home.api, '/groups')
      if (asked !== this.#asked) return
      this.items = items
      this.at = undefined
      this.failed = ''
      this.#home.shadow.keep('groups', () => this.items)
    } catch (error) {
      if (asked === this.#asked) this.failed = codeOf(error)
    }
  }

  /** find reads a page of the public groups whose name begins so: the first, or the one of a cursor. */
  find(q: string, cursor = ''): Promise<Found> {
    const more = cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''
    return this.#home.api.get<Found>(`/groups/public?limit=50&q=${encodeURIComponent(q)}${more}`)
  }

  async join(id: string): Promise<void> {
    await this.#home.api.post(`/groups/${id}/join`)
    await this.load()
  }
}
