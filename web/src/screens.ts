// The screens, each a chunk of its own, loaded when it is first shown.
import type { Component } from 'svelte'
import type { Route } from './core/routes'

export type Screen = { default: Component<never> }

export const screens: Record<Route['screen'], () => Promise<Screen>> = {
  groups: () => import('./screens/groups/groups.svelte'),
  find: () => import('./screens/groups/find.svelte'),
  new: () => import('./screens/groups/new.svelte'),
  link: () => import('./screens/groups/link.svelte'),
  board: () => import('./screens/board/board.svelte'),
  hatms: () => import('./screens/board/hatms.svelte'),
  counter: () => import('./screens/counter/counter.svelte'),
  circle: () => import('./screens/circle/circle.svelte'),
  settings: () => import('./screens/circle/settings.svelte'),
  inbox: () => import('./screens/inbox/inbox.svelte'),
  account: () => import('./screens/account/account.svelte'),
  'sign-in': () => import('./screens/sign-in/sign-in.svelte'),
  'sign-up': () => import('./screens/sign-in/sign-in.svelte'),
  nowhere: () => import('./screens/nowhere.svelte'),
}

/** open are the screens for which nobody needs to be signed in. */
export const open: readonly string[] = ['link', 'sign-in', 'sign-up', 'nowhere'] satisfies Route['screen'][]
