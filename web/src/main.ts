// The entry: words and account first, then the first screen; everything else comes after it.
import './styles/tokens.css'
import './styles/base.css'
import { mount } from 'svelte'
import App from './app.svelte'
import { device } from './state/device.svelte'
import { open, screens } from './screens'
import { router } from './state/router.svelte'
import { session } from './state/session.svelte'
import { text } from './state/text.svelte'
import { update } from './state/update.svelte'
import { watch } from './state/watch.svelte'

async function start(): Promise<void> {
  if (device.theme !== 'system') document.documentElement.dataset['theme'] = device.theme
  // The first screen comes along with the words, not after them.
  const { screen } = router.route
  const first = session.kept || open.includes(screen) ? screen : 'sign-in'
  void screens[first]().catch(() => undefined)
  await Promise.all([text.start(), session.start()])
  const target = document.getElementById('app')
  if (target) mount(App, { target })
  watch()
  addEventListener('load', () => void update.start())
  if (document.readyState === 'complete') void update.start()
}

start().catch(() => {
  // Without a catalogue there are no words to say it in.
  const again = document.createElement('button')
  again.textContent = '\u21bb'
  again.addEventListener('click', () => location.reload())
  document.body.append(again)
})
