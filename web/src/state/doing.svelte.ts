// Something that is being done: while it is, its button waits; if it failed, the screen says why.
import { codeOf } from '../core/api'

export class Doing {
  busy = $state(false)
  /** failed is the code of what went wrong last; "" for nothing. */
  failed = $state('')

  /** run does something. False: it failed, or something is being done already. */
  async run(act: () => Promise<unknown>): Promise<boolean> {
    if (this.busy) return false
    this.busy = true
    this.failed = ''
    try {
      await act()
      return true
    } catch (error) {
      this.failed = codeOf(error)
      if (this.failed === 'internal') console.error(error)
      return false
    } finally {
      this.busy = false
    }
  }
}
