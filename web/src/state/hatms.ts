// How many hatms a group has read, and of how many that it hoped for.
import { text } from './text.svelte'

export function hatms({ hatmCount, hatmGoal }: { hatmCount: number; hatmGoal: number | null }): string {
  const { groups } = text.w
  return hatmGoal && hatmCount <= hatmGoal ? groups.hatmsOf(hatmCount, hatmGoal) : groups.hatms(hatmCount)
}
