/** What README.md has one type in a clone, on a Debian 12 with npm and nothing else. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The demo, stopped after the proof, and both installations by npm. `npm test` is left out: it takes a quarter of an hour. */
export function readmeCommands(root: string): string {
  const [local = '', global = ''] = blocksBelow(root, 'Install')
  const [demo = ''] = blocksBelow(root, 'Two commands')[0]?.split('#') ?? []
  return `set -euo pipefail
apt-get update -q
apt-get install -y -q npm
cd clone
${demo.trim()} -- --once
rm -r node_modules
${local}${global}`
}

function blocksBelow(root: string, heading: string): string[] {
  const [, section = ''] = readFileSync(join(root, 'README.md'), 'utf8').split(`\n## ${heading}\n`)
  const [text = ''] = section.split('\n## ')
  return [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, commands = '']) => commands)
}
