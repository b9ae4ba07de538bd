// What follows the state from outside the screens: the theme, and the unread badge on the icon.
import { device } from './device.svelte'
import { session } from './session.svelte'

export function watch(): void {
  $effect.root(() => {
    $effect(() => {
      const { theme } = device
      if (theme === 'system') delete document.documentElement.dataset['theme']
      else document.documentElement.dataset['theme'] = theme
    })
    $effect(() => {
      const unread = session.home?.inbox.unread ?? 0
      if (unread > 0) navigator.setAppBadge?.(unread).catch(() => undefined)
      else navigator.clearAppBadge?.().catch(() => undefined)
    })
  })
}
