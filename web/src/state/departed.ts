// Who has left a group lately, as its log tells.
import type { Api } from '../core/api'
import type { EventData } from '../core/apply'

export interface Departed {
  userId: string
  userName: string
  /** hasLogin: they may come back. */
  hasLogin: boolean
  at: Date
}

interface Logged {
  event: string
  data: EventData
}

const LATELY = 7 * 86_400_000 // ms: for as long the admin takes back what they did
const PAGE = 1000 // events
const PAGES = 10 // at the most: a log may be long

/** departed reads the log backwards from its end, and names those who left, the latest first. */
export async function departed(api: Api, groupId: string, seq: number, now = Date.now()): Promise<Departed[]> {
  const left = new Map<string, Departed>()
  for (let to = seq, pages = 0; to > 0 && pages < PAGES; pages++) {
    const since = Math.max(0, to - PAGE)
    const page = await api.get<{ events: Logged[] | null }>(`/groups/${groupId}/events?since=${since}&limit=${to - since}`)
    const events = page.events ?? []
    for (const { event, data } of [...events].reverse()) {
      const at = new Date(data.timestamp)
      if (event !== 'member_left' || !data.userId || left.has(data.userId) || now - at.getTime() > LATELY) continue
      left.set(data.userId, { userId: data.userId, userName: data.userName ?? '', hasLogin: !data.loginless, at })
    }
    const first = events[0]?.data
    if (!first || now - Date.parse(first.timestamp) > LATELY) break // the rest is older, or kept no longer
    to = first.seq - 1
  }
  return [...left.values()]
}
