/** What a machine does after the tutorial: it is booted again, gets a new version, loses the package, and forgets it. */
import type { Tutorial } from './page.ts'

/** How the program came onto the machine, and how it gets a new version there and goes again. */
export interface Installed {
  readonly upgrade: string
  readonly removal: string
}

/** What both parts begin with. `queue` sends reports while no Broker is there. */
function words(broker: Tutorial): string {
  return `set -euo pipefail
gateway() { runuser -u iodef-gateway -- iodef-gateway "$@"; }
post() {
  sed "s|>2026-1<|>$1<|" report.xml >again.xml
  # right after a start nothing listens yet
  until iodef-gateway send again.xml --to https://gateway.example:4590/ --cert mygateway/peers/csirt-a/csirt-a.pem \\
    --key mygateway/peers/csirt-a/csirt-a.key --ca mygateway/peers/csirt-a/ca.pem >/dev/null; do sleep 1; done
}
published() { until gateway trace "$1" | grep -q published; do sleep 1; done; }
deliver() { post "$1"; published "$1"; }
delivered() { gateway queue list --state delivered --json | grep -o '"id"' | wc -l; }
queue() {
  systemctl stop ${broker}
  for i in 1 2 3 4 5; do post "$1-$i"; done
  if gateway trace "$1-5" | grep -q published; then exit 1; fi
}
arrived() { for i in 1 2 3 4 5; do published "$1-$i"; done; }
`
}

/** Before the machine is shut down: reports that wait, since the Broker is away. */
export function beforehand(broker: Tutorial): string {
  return `${words(broker)}echo '=== reports that wait'
queue waits
gateway queue stats
`
}

/** After a boot: the gateway is there again by itself, and what waited is published; reload, exposure, upgrade, removal. */
export function afterwards(broker: Tutorial, { upgrade, removal }: Installed): string {
  return `${words(broker)}echo '=== after a boot'
SECONDS=0
until systemctl is-active iodef-gateway; do sleep 1; done
arrived waits
echo "what waited was published $SECONDS s after the boot"
[ "$(systemctl show -P NRestarts iodef-gateway)" = 0 ]
deliver 2026-2
echo '=== reload'
systemctl reload iodef-gateway
cp -p /etc/iodef-gateway/gateway.yaml kept.yaml
echo 'nonsense: 1' >>/etc/iodef-gateway/gateway.yaml
if systemctl reload iodef-gateway; then exit 1; fi
cp -p kept.yaml /etc/iodef-gateway/gateway.yaml
systemctl is-active iodef-gateway
echo '=== exposure'
systemd-analyze security iodef-gateway --no-pager | tail -n 1
echo '=== upgrade'
had=$(delivered)
queue upgraded
before=$(systemctl show -P MainPID iodef-gateway)
SECONDS=0
${upgrade.trim()}
systemctl is-active iodef-gateway
echo "upgraded in $SECONDS s, with $had deliveries in the store and 5 that wait"
[ "$(systemctl show -P MainPID iodef-gateway)" != "$before" ]
cmp kept.yaml /etc/iodef-gateway/gateway.yaml
systemctl start ${broker}
arrived upgraded
[ "$(delivered)" = "$((had + 5))" ]
deliver 2026-3
gateway trace 2026-1 | grep -q published
runuser -u iodef-gateway -- iodef-gateway store check
${removal.trim()}
`
}

/** The Debian package: `next` is the version that the package in the folder `next` has. */
export function debianPackage(next: string): Installed {
  return {
    upgrade: `
apt-get install -y ./next/iodef-gateway_*.deb
[ "$(iodef-gateway --version)" = 'iodef-gateway ${next}' ]`,
    removal: `
echo '=== remove'
apt-get remove -y iodef-gateway
if systemctl is-active iodef-gateway; then exit 1; fi
cmp kept.yaml /etc/iodef-gateway/gateway.yaml
[ -s /var/lib/iodef-gateway/gateway.db ]
getent passwd iodef-gateway
echo '=== install again'
apt-get install -y ./next/iodef-gateway_*.deb
systemctl is-enabled iodef-gateway
systemctl start iodef-gateway
until gateway topics | grep -q incident; do sleep 1; done
deliver 2026-4
echo '=== purge'
apt-get purge -y iodef-gateway
if getent passwd iodef-gateway || getent group iodef-gateway; then exit 1; fi
${nothingLeft}`,
  }
}

export const nothingLeft = `left=$(find / -xdev -name '*iodef-gateway*' -not -path '/root/*')
[ -z "$left" ] || { echo "left behind: $left"; exit 1; }`
