// What an event of a group does to what is known of it. Pure: no clock, no network, and
// the group is changed in place, so that a screen shows anew only what changed.
import type { GroupEvents } from '../made/events'
import type { Group, Hatm, Pora, Zikr } from './model'
import { freeHatm } from './model'

/** An event of a group, as it came. Fields that its name does not have are absent. */
export interface GroupEvent {
  name: string
  data: EventData
}

/** Whatever an event of the wire says, as far as it is read here. */
export interface EventData {
  groupId: string
  seq: number
  timestamp: string
  userId?: string
  userName?: string
  loginless?: boolean
  bookingId?: string
  poraId?: string
  hatmNumber?: number
  hatmCount?: number
  hatmCompleted?: boolean
  totalFinished?: number
  dueAt?: string | null
  reason?: string
  zikrId?: string
  count?: number
  totalCount?: number
  cycleCount?: number
  progress?: string
  goal?: number | null
  goalReached?: boolean
}

/**
 * What became of an event: applied, known already, or to be mended with a snapshot:
 * "resync", either since one is missing or since the event says only that something changed.
 */
export type Outcome = 'applied' | 'known' | 'resync' | 'gone'

type Effect = (group: Group, event: EventData, me: string) => Outcome

/** effects holds what each event does, by the names of the wire. An event of a later release is mended with a snapshot. */
const effects: Partial<Record<keyof GroupEvents, Effect>> = {
  pora_booked: (g, e, me) => {
    if (!e.userId && g.adminId === me) return 'resync' // the admin of an anonymous group may know, and is told by the snapshot
    return withPora(g, e, (p) => {
      const name = e.userId ? undefined : answeredName(g, e.bookingId)
      Object.assign(p, { status: 'booked', bookingId: e.bookingId, dueAt: e.dueAt ?? null }, name === undefined ? holder(e) : { userId: me, userName: name })
    })
  },
  pora_released: (g, e) => withPora(g, e, (p) => Object.assign(p, { status: 'available', bookingId: null, userId: null, userName: null, dueAt: null })),
  pora_completed: (g, e) =>
    withPora(g, e, (p, hatm) => {
      p.status = 'completed'
      hatm.finished = e.totalFinished ?? hatm.finished
      if (e.userId) Object.assign(p, holder(e))
    }),
  pora_reopened: (g, e) =>
    withPora(g, e, (p, hatm) => {
      p.status = 'booked'
      p.dueAt = e.dueAt ?? null
      hatm.finished = e.totalFinished ?? hatm.finished
      if (e.userId) Object.assign(p, holder(e))
    }),
  hatm_completed: completeHatm,
  hatm_opened: (g, e) => {
    if (hatmOf(g, e.hatmNumber)) return 'applied'
    g.hatms.push(freeHatm(e.hatmNumber ?? 0, e.timestamp, e.dueAt ?? null))
    g.hatms.sort((a, b) => a.number - b.number)
    return 'applied'
  },
  zikr_count_updated: (g, e, me) => {
    const zikr = g.zikrs.find((z) => z.id === e.zikrId)
    if (!zikr) return 'resync'
    count(zikr, e.userId || !answered(zikr, e) ? e : { ...e, userId: me }, me)
    return 'applied'
  },
  member_joined: (g, e, me) => {
    if (g.members.some((m) => m.userId === e.userId)) return 'applied'
    if (e.loginless && g.adminId === me) return 'resync' // who may rename them is told the surname by the snapshot
    g.members.push({ userId: e.userId ?? '', userName: e.userName ?? '', admin: false, online: false, hasLogin: !e.loginless, surname: '' })
    g.memberCount = g.members.length
    return 'applied'
  },
  member_left: (g, e, me) => {
    if (e.userId === me) return 'resync' // what a stranger may see, if anything, is told by the snapshot
    g.members = g.members.filter((m) => m.userId !== e.userId)
    g.memberCount = g.members.length
    return 'applied'
  },
  group_deleted: () => 'gone',
}

/** apply changes a group by one event of its own. me is who looks. */
export function apply(group: Group, event: GroupEvent, me: string): Outcome {
  const { seq } = event.data
  if (seq <= group.seq) return 'known'
  if (seq !== group.seq + 1) return 'resync'
  group.seq = seq
  return effects[event.name as keyof GroupEvents]?.(group, event.data, me) ?? 'resync'
}

/** own notes that a booking is the caller's. In an anonymous group only the answer tells, before the event or after it. */
export function own(group: Group, bookingId: string, me: { id: string; name: string }): void {
  const pora = group.hatms.flatMap((h) => h.poras).find((p) => p.bookingId === bookingId)
  if (pora) Object.assign(pora, { userId: me.id, userName: me.name })
  if (group.settings.isAnonymous) group.answers = [...(group.answers ?? []), { bookingId, name: me.name }].slice(-RECENT)
}

/** answeredName is the caller's name if the booking is known to be theirs. */
function answeredName(g: Group, bookingId: string | undefined): string | undefined {
  return g.answers?.find((a) => a.bookingId === bookingId)?.name
}

/** carry keeps what was answered, for events that are still to be applied to a new snapshot. */
export function carry(known: Group | undefined, fresh: Group): void {
  if (known?.answers) fresh.answers = known.answers
  for (const zikr of fresh.zikrs) {
    const answers = known?.zikrs.find((z) => z.id === zikr.id)?.answers
    if (answers) zikr.answers = answers
  }
}

/** Counting is one by which it is known again in an anonymous group: no two of a zikr are alike in all three. */
export interface Counting {
  count: number
  totalCount: number
  timestamp: string
}

const RECENT = 100 // answers, and countings, of which the event or the answer may still come

/** ownCount notes that a counting is the caller's. In an anonymous group only the answer tells, before the event or after it. */
export function ownCount(group: Group, zikrId: string, answer: Counting, me: { id: string; name: string }): void {
  const zikr = group.zikrs.find((z) => z.id === zikrId)
  if (!zikr || !group.settings.isAnonymous) return
  zikr.answers = remember(zikr.answers, answer)
  const heard = find(zikr.nameless, answer)
  if (!heard) return
  zikr.nameless = (zikr.nameless ?? []).filter((n) => n !== heard)
  zikr.mine += answer.count
  share(zikr, { userId: '', userName: '' }, -answer.count)
  share(zikr, { userId: me.id, userName: me.name }, answer.count)
}

/** answered reports whether a nameless counting is the caller's, as far as it is known yet. */
function answered(zikr: Zikr, e: EventData): boolean {
  const counting = { count: e.count ?? 0, totalCount: e.totalCount ?? 0, timestamp: e.timestamp }
  if (find(zikr.answers, counting)) return true
  zikr.nameless = remember(zikr.nameless, counting)
  return false
}

function remember(some: Counting[] | undefined, { count, totalCount, timestamp }: Counting): Counting[] {
  return [...(some ?? []), { count, totalCount, timestamp }].slice(-RECENT)
}

function find(some: Counting[] | undefined, c: Counting): Counting | undefined {
  return some?.find((s) => s.count === c.count && s.totalCount === c.totalCount && s.timestamp === c.timestamp)
}

function withPora(g: Group, e: EventData, change: (pora: Pora, hatm: Hatm) => void): Outcome {
  const hatm = e.hatmNumber === undefined ? g.hatms[0] : hatmOf(g, e.hatmNumber)
  const pora = hatm?.poras.find((p) => p.id === e.poraId)
  if (!hatm || !pora) return 'resync'
  change(pora, hatm)
  return 'applied'
}

function hatmOf(g: Group, number: number | undefined): Hatm | undefined {
  return g.hatms.find((h) => h.number === number)
}

function holder(e: EventData): { userId: string; userName: string } {
  return { userId: e.userId ?? '', userName: e.userName ?? '' }
}

/** completeHatm takes a hatm out of the open ones. A server without hatm_opened opens the next by this event. */
function completeHatm(g: Group, e: EventData): Outcome {
  g.hatmCount = e.hatmCount ?? g.hatmCount + 1
  const number = e.hatmNumber ?? g.hatms[0]?.number
  g.hatms = g.hatms.filter((h) => h.number !== number)
  if (!g.second) g.hatms.push(freeHatm(g.hatmCount + 1, null, null))
  return 'applied'
}

function count(zikr: Zikr, e: EventData, me: string): void {
  const added = e.count ?? 0
  zikr.total = e.totalCount ?? zikr.total + added
  zikr.cycles = e.cycleCount ?? zikr.cycles
  zikr.goal = e.goal ?? null
  zikr.progress = progressOf(zikr)
  if (e.userId === me) zikr.mine += added
  share(zikr, e, added)
}

/** progressOf is the current cycle's share of the goal in percent; a new cycle begins at 0. */
function progressOf(zikr: Zikr): number {
  if (!zikr.goal) return 0
  const hundredths = Math.round(((zikr.total % zikr.goal) / zikr.goal) * 10_000)
  return Math.min(hundredths, 9_999) / 100
}

function share(zikr: Zikr, who: { userId?: string; userName?: string }, added: number): void {
  const known = zikr.shares.find((s) => s.userId === who.userId)
  if (!known) {
    zikr.shares.push({ userId: who.userId ?? '', userName: who.userName ?? '', count: added })
    return
  }
  known.count += added
  if (who.userName) known.userName = who.userName
  if (known.count === 0) zikr.shares = zikr.shares.filter((s) => s !== known)
}
