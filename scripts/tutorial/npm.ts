/** The same with the npm package and Debian's npm, as docs/guide.md has it in the place of the Debian package. */
import { type Installed, nothingLeft } from './afterwards.ts'
import { markedBlock, readSteps, type Step, scriptOf, type Tutorial } from './page.ts'

const GUIDE = 'docs/guide.md'
/** where the subscriber of the tutorials lies */
const DEBIAN = '/usr/lib/iodef-gateway/'
const NPM = '/opt/iodef-gateway/lib/node_modules/iodef-gateway/'

/** What needs the network: npm, and the package installed by it. */
export function npmInstallation(root: string): string {
  return `set -euo pipefail
apt-get update -q
apt-get install -y -q --no-install-recommends npm openssl curl
${markedBlock(root, GUIDE, 'npm: install')}`
}

/** The tutorial from its second step on, with the guide's commands where it would start the service of the Debian package. */
export function npmTutorial(root: string, name: Tutorial): string {
  const steps = readSteps(root, name)
  const hosts = steps.filter(({ commands }) => commands.includes('/etc/hosts'))
  const service: Step = { title: '4. Start the gateway', commands: markedBlock(root, GUIDE, 'npm: service') }
  const rest = steps
    .filter(({ title }) => !title.startsWith('1.'))
    .flatMap((step) => (step.commands.startsWith('cp -r mygateway/') ? [service] : [step]))
  const text = scriptOf([...hosts, ...rest])
  // its Node.js lies among its own packages, or beside them
  return text
    .replace(`${DEBIAN}node_modules/node-linux-*/bin/node`, `$(find /opt -path '*/node-linux-*/bin/node')`)
    .replace(DEBIAN, NPM)
}

/** `next`: the version of the package in the folder `next`; its dependencies are in npm's cache, as there is no network. */
export function npmPackage(root: string, next: string): Installed {
  const [install = ''] = markedBlock(root, GUIDE, 'npm: install').split('\n')
  return {
    upgrade: `
(cd next && npm_config_offline=true ${install})
[ "$(iodef-gateway --version)" = 'iodef-gateway ${next}' ]
systemctl restart iodef-gateway`,
    removal: `
echo '=== remove'
${markedBlock(root, GUIDE, 'npm: remove')}
rm -rf /root/.npm
${nothingLeft}`,
  }
}
