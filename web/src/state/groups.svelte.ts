// My groups, and the public ones.
import { all, codeOf } from '../core/api'
import type { Wire } from '../core/model'
import type { Home } from './home.svelte'

export type GroupItem = Wire['GroupItem']

export class Groups {
  items = $state.raw<GroupItem[]>()
  /** at is when they were read, of those that were kept from the last time. */
  at = $state<Date>()
  /** failed is why they could not be read. */
  failed = $state('')
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

  async load(): Promise<void> {
    try {
      this.items = await all<GroupItem>(this.#home.api, '/groups')
      this.at = undefined
      this.failed = ''
      this.#home.shadow.keep('groups', () => this.items)
    } catch (error) {
      this.failed = codeOf(error)
    }
  }

  async find(q: string): Promise<GroupItem[]> {
    const page = await this.#home.api.get<{ items: GroupItem[] }>(`/groups/public?limit=50&q=${encodeURIComponent(q)}`)
    return page.items
  }

  async join(id: string): Promise<void> {
    await this.#home.api.post(`/groups/${id}/join`)
    await this.load()
  }
}
