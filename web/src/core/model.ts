// What the app knows of a group: a snapshot, made regular at the edge, so that no
// screen asks whether a server is of this release or of the one before.
import type { components } from '../made/api'
import type { Counting } from './apply'

export type Wire = components['schemas']

/** A field that servers of the release before do not send. */
type Later<T> = { [K in keyof T]?: T[K] | undefined }

export type PoraStatus = 'available' | 'booked' | 'completed'

export interface Pora {
  id: string
  status: PoraStatus
  bookingId: string | null
  userId: string | null
  userName: string | null
  dueAt: string | null
}

export interface Hatm {
  number: number
  openedAt: string | null
  dueAt: string | null
  finished: number
  poras: Pora[]
}

export interface Member {
  userId: string
  userName: string
  admin: boolean
  online: boolean
  hasLogin: boolean
  /** surname is the end of userName of who has no login, if one may rename them. */
  surname: string
}

/** givenName is the name of a member without the surname. */
export function givenName({ userName, surname }: Member): string {
  return surname && userName.endsWith(` ${surname}`) ? userName.slice(0, -surname.length - 1) : userName
}

export interface Share {
  userId: string
  userName: string
  count: number
}

export interface Zikr {
  id: string
  name: string
  body: string | null
  description: string | null
  hint: string | null
  goal: number | null
  total: number
  cycles: number
  progress: number
  mine: number
  shares: Share[]
  /** In an anonymous group: countings whose answer may still come, and what one was answered lately. */
  nameless?: Counting[]
  answers?: Counting[]
}

export interface Settings {
  openHatms: number
  poraLimit: number | null
  readingDays: number | null
  hatmDays: number | null
  autoRelease: boolean
  isAnonymous: boolean
  division: 'madani' | 'indopak'
  completionText: string | null
  timeZone: string
}

export interface Group {
  id: string
  name: string
  type: 'quran' | 'zikr'
  isPublic: boolean
  dedication: string | null
  hatmGoal: number | null
  hatmCount: number
  adminId: string
  seq: number
  members: Member[]
  /** How many members there are: strangers are not told who. */
  memberCount: number
  hatms: Hatm[]
  zikrs: Zikr[]
  settings: Settings
  /** In an anonymous group: what one was answered of bookings lately. */
  answers?: { bookingId: string; name: string }[]
  /** Whether the server knows the second part of the contract: several hatms, dates, undo. */
  second: boolean
}

type WirePora = Wire['PoraItem'] & Later<{ dueAt: string | null }>
interface WireHatm {
  hatmNumber: number
  openedAt: string
  dueAt: string | null
  totalFinished: number
  poras: WirePora[] | null
}
/** Known are the fields that a type names: the generated ones allow any other too. */
type Known<T> = { [K in keyof T as string extends K ? never : K]: T[K] }
export type WireSnapshot = Omit<Known<Wire['Snapshot']>, keyof Settings | 'hatms' | 'poras'> &
  Later<Settings & { hatms: WireHatm[] | null; poras: WirePora[] | null }>

/** normal makes a Group of a server's snapshot. */
export function normal(s: WireSnapshot): Group {
  return {
    id: s.id,
    name: s.name,
    type: s.type,
    isPublic: s.isPublic,
    dedication: s.dedication,
    hatmGoal: s.hatmGoal,
    hatmCount: s.hatmCount,
    adminId: s.adminId,
    seq: s.seq,
    members: (s.members ?? []).map(member),
    memberCount: s.memberCount ?? s.members?.length ?? 0,
    hatms: s.hatms?.map(hatm) ?? current(s),
    zikrs: (s.zikrs ?? []).map(zikrOf),
    settings: settings(s),
    second: s.openHatms !== undefined,
  }
}

function settings(s: WireSnapshot): Settings {
  return {
    openHatms: s.openHatms ?? 1,
    poraLimit: s.poraLimit ?? null,
    readingDays: s.readingDays ?? null,
    hatmDays: s.hatmDays ?? null,
    autoRelease: s.autoRelease ?? false,
    isAnonymous: s.isAnonymous ?? false,
    division: s.division ?? 'madani',
    completionText: s.completionText ?? null,
    timeZone: s.timeZone ?? 'UTC',
  }
}

/** current is the one open hatm of a server that knows no others. */
function current(s: WireSnapshot): Hatm[] {
  if (!s.poras) return []
  const poras = s.poras.map(pora)
  return [{ number: s.hatmCount + 1, openedAt: null, dueAt: null, finished: done(poras), poras }]
}

function done(poras: Pora[]): number {
  return poras.filter((p) => p.status === 'completed').length
}

function member(m: Wire['MemberItem']): Member {
  return { userId: m.userId, userName: m.userName, admin: m.role === 'admin', online: m.online, hasLogin: !m.loginless, surname: m.surname ?? '' }
}

function hatm(h: WireHatm): Hatm {
  return {
    number: h.hatmNumber,
    openedAt: h.openedAt,
    dueAt: h.dueAt,
    finished: h.totalFinished,
    poras: (h.poras ?? []).map(pora),
  }
}

function pora(p: WirePora): Pora {
  return {
    id: p.poraId,
    status: p.status,
    bookingId: p.bookingId,
    userId: p.userId,
    userName: p.userName,
    dueAt: p.dueAt ?? null,
  }
}

export function zikrOf(z: Wire['ZikrItem']): Zikr {
  return {
    id: z.zikrId,
    name: z.name,
    body: z.body,
    description: z.description,
    hint: z.hint,
    goal: z.goal,
    total: z.totalCount,
    cycles: z.cycleCount,
    progress: Number(z.progress),
    mine: z.myCount,
    shares: (z.members ?? []).map((m) => ({ userId: m.userId, userName: m.userName, count: m.count })),
  }
}

/** freeHatm is a hatm that has just opened. */
export function freeHatm(number: number, openedAt: string | null, dueAt: string | null): Hatm {
  const poras = Array.from({ length: 30 }, (_, i) => freePora(String(i + 1)))
  return { number, openedAt, dueAt, finished: 0, poras }
}

export function freePora(id: string): Pora {
  return { id, status: 'available', bookingId: null, userId: null, userName: null, dueAt: null }
}
