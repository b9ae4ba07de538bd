/** bare is a name without case, marks and apostrophes, which keyboards write in many ways. */
function bare(name: string): string {
  return name
    .normalize('NFKD')
    .replace(/[\p{M}'`\u2018\u2019\u02bb\u02bc]/gu, '')
    .toLowerCase()
    .replaceAll('\u0131', 'i')
    .trim()
}

/** named returns a test of whether a name holds what somebody typed. */
export function named(typed: string): (name: string) => boolean {
  const wanted = bare(typed)
  return (name) => bare(name).includes(wanted)
}
