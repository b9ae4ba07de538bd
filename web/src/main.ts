// The entry: words and account first, then the first screen; everything else comes after it.
import './styles/tokens.css'
import './styles/base.css'
import { mount } from 'svelte'
import App from './app.svelte'
import { device } from './state/device.svelte'
import { watchFields } from './state/fields.svelte'
import { open, screens } from './screens'
import { router } from './state/router.svelte'
import { session } from './state/session.svelte'
import { text } from './state/text.svelte'
import { update } from './state/update.svelte'
import { watch } from './state/watch.svelte'

const CALM = 3000 // ms after the first drawing

async function start(): Promise<void> {
  if (device.theme !== 'system') document.documentElement.dataset['theme'] = device.theme
  // The first screen comes along with the words, not after them, and all is drawn at once.
  const { screen } = router.route
  const first = session.kept || open.includes(screen) ? screen : 'sign-in'
  await Promise.all([text.start(), session.start(), screens[first]().catch(() => undefined)])
  const target = document.getElementById('app')
  if (target) mount(App, { target })
  watch()
  watchFields()
  // The worker reads every file of the app: the first screen is not to share a slow line with it.
  setTimeout(() => void update.start(), CALM)
}

start().catch(() => {
  // Without a catalogue there are no words to say it in.
  const again = document.createElement('button')
  again.textContent = '\u21bb'
  again.addEventListener('click', () => location.reload())
  document.body.append(again)
})
