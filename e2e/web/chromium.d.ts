/** The path of this machine's browser; undefined: there is none. */
export function executable(): string | undefined
