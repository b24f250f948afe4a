/** What the archive is searched by, besides what stands in its records: a version of its own. */
export const SEARCH: string = `
CREATE INDEX record_span ON record (t_to, t_from);
`
