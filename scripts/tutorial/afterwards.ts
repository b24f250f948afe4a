/** What a machine does after the tutorial: it is booted again, gets a new version, loses the package, and forgets it. */

/** After a boot: the gateway is there again and publishes; then an upgrade, a removal, an installation and a purge. */
export function afterwards(nextVersion: string): string {
  return `set -euo pipefail
gateway() { runuser -u iodef-gateway -- iodef-gateway "$@"; }
deliver() {
  sed "s|>2026-1<|>$1<|" report.xml >again.xml
  # right after a start nothing listens yet
  until iodef-gateway send again.xml --to https://gateway.example:4590/ --cert mygateway/peers/csirt-a/csirt-a.pem \\
    --key mygateway/peers/csirt-a/csirt-a.key --ca mygateway/peers/csirt-a/ca.pem >/dev/null; do sleep 1; done
  until gateway trace "$1" | grep -q published; do sleep 1; done
}
echo '=== after a boot'
until gateway topics | grep -q incident; do sleep 1; done
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
before=$(systemctl show -P MainPID iodef-gateway)
apt-get install -y ./next/iodef-gateway_*.deb
[ "$(iodef-gateway --version)" = 'iodef-gateway ${nextVersion}' ]
systemctl is-active iodef-gateway
[ "$(systemctl show -P MainPID iodef-gateway)" != "$before" ]
cmp kept.yaml /etc/iodef-gateway/gateway.yaml
deliver 2026-3
gateway trace 2026-1 | grep -q published
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
left=$(find / -xdev -name '*iodef-gateway*' -not -path '/root/*')
[ -z "$left" ] || { echo "left behind: $left"; exit 1; }
`
}
