// Something that is being done: while it is, its button waits; if it failed, the screen says why.
import { tick } from 'svelte'
import { codeOf } from '../core/api'
import { held } from './focus'

export class Doing {
  busy = $state(false)
  /** failed is the code of what went wrong last; "" for nothing. */
  failed = $state('')
  /** done: it went well, and nothing was touched since. */
  done = $state(false)

  /** run does something. False: it failed, or something is being done already. */
  async run(act: () => Promise<unknown>): Promise<boolean> {
    if (this.busy) return false
    const pass = held()
    this.busy = true
    this.failed = ''
    this.done = false
    try {
      await act()
      this.done = true
    } catch (error) {
      this.failed = codeOf(error)
      if (this.failed === 'internal') console.error(error)
    } finally {
      this.busy = false
    }
    void tick().then(pass) // the button that waited has lost the focus, and its row may be gone
    return this.done
  }

  /** touched notes that what was done is no longer what one sees. */
  touched(): void {
    this.done = false
  }
}
