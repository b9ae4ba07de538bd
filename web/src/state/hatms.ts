// How many hatms a group has read, of how many that it hoped for, and how far those are that it is reading.
import type { Wire } from '../core/model'
import { text } from './text.svelte'

export function hatms({ hatmCount, hatmGoal }: { hatmCount: number; hatmGoal: number | null }): string {
  const { groups } = text.w
  return hatmGoal && hatmCount <= hatmGoal ? groups.hatmsOf(hatmCount, hatmGoal) : groups.hatms(hatmCount)
}

/** far says how far the open hatms of a group are; nothing of one that reads none, or that a server of before does not tell of. */
export function far({ hatms }: { hatms?: Wire['HatmStanding'][] | null }): string {
  const { f, w } = text
  const sum = (of: 'totalFinished' | 'totalBooked'): number => (hatms ?? []).reduce((total, hatm) => total + hatm[of], 0)
  if (!hatms?.length) return ''
  const read = w.board.readOf(sum('totalFinished'), 30 * hatms.length)
  return sum('totalBooked') > 0 ? f.join(read, w.groups.beingRead(sum('totalBooked'))) : read
}
