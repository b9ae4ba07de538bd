// What happened, as a sentence.
import type { EventData } from '../core/apply'
import type { Group } from '../core/model'
import { text } from './text.svelte'

/** tell says what an event of a group did; "" for what needs no words. */
export function tell(name: string, e: EventData, group: Group, me: string): string {
  const { news } = text.w
  const you = e.userId === me
  const who = you ? news.you : e.userName ? text.f.name(e.userName) : news.someone
  const pora = Number(e.poraId)
  switch (name) {
    case 'pora_booked':
      return news.took(who, pora, you)
    case 'pora_completed':
      return news.read(who, pora, you)
    case 'pora_released':
      return news.gaveBack(who, pora, you)
    case 'pora_reopened':
      return news.reopened(who, pora, you)
    case 'hatm_completed':
      return news.completed(e.hatmNumber ?? e.hatmCount ?? 0)
    case 'hatm_opened':
      return news.opened(e.hatmNumber ?? 0)
    case 'member_joined':
      return news.joined(who, you)
    case 'member_left':
      return news.left(who, you)
    case 'zikr_count_updated':
      return counted(e, group, who, you)
    default:
      return ''
  }
}

function counted(e: EventData, group: Group, who: string, you: boolean): string {
  const zikr = group.zikrs.find((z) => z.id === e.zikrId)?.name ?? ''
  const { news } = text.w
  return (e.count ?? 0) < 0 ? news.tookBack(who, -(e.count ?? 0), zikr, you) : news.counted(who, e.count ?? 0, zikr, you)
}
