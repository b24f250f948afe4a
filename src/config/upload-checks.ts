import type { Look } from './look.ts'
import { at, list } from './tree.ts'

/** Topics whose items may be files: there must be a place for these, and room for their names. */
export function checkUploads({ tree, topics, problem, warning }: Look): void {
  const hosts = list(at(tree, 'grid', 'upload', 'hosts'))
  for (const [i, topic] of topics.entries()) {
    if (at(topic, 'large') !== 'upload') continue
    const path = ['grid', 'topics', i, 'large']
    if (at(topic, 'payload') === 'iodef')
      warning(path, 'has no effect: an item of payload iodef has no room for the name of a file')
    if (String(at(topic, 'iodef')) === '1')
      warning(path, 'has no effect: a stub is IODEF 2, and the Topic is of IODEF 1')
    if (hosts.length > 0) continue
    problem(path, 'needs grid.upload.hosts: the host of the upload service, and its port, as upload.grid.example:5281')
  }
}
