/** Man pages from `--help`: one of the program, and one of each command. */
import type { CommandHelp, Help } from './help.ts'

/** By file name, `iodef-gateway.1` and `iodef-gateway-COMMAND.1`: troff with the `man` macros. `date` as 2026-11-26. */
export function manPages(help: Help, date: string): ReadonlyMap<string, string> {
  const head = (name: string) =>
    `.TH ${name.toUpperCase()} 1 "${date}" "iodef-gateway ${help.version}" "iodef-gateway"\n`
  const pages = new Map([['iodef-gateway.1', head('iodef-gateway') + programPage(help)]])
  for (const command of help.commands) {
    const name = `iodef-gateway-${command.name}`
    pages.set(`${name}.1`, head(name) + commandPage(name, command))
  }
  return pages
}

function programPage({ commands, overview }: Help): string {
  const tail = overview.slice(overview.indexOf('\nWithout --config')).trim()
  const [without = '', ...exit] = tail.split('\n')
  return `.SH NAME
iodef-gateway \\- gateway between RID over HTTPS and XMPP\\-Grid
.SH SYNOPSIS
.B iodef\\-gateway
.I COMMAND
[options]
.SH DESCRIPTION
Incident reports (IODEF) come in as RID messages (RFC 6545, RFC 6546) or as items of Topics (RFC 8600), are written to disk,
acknowledged, and go out on the other side.
.SH COMMANDS
${commands.map(({ name, summary }) => `.TP\n\\fBiodef\\-gateway\\-${name}\\fR(1)\n${roff(summary)}\n`).join('')}.SH FILES
${roff(without)}
.TP
.I /etc/iodef\\-gateway/gateway.yaml
the configuration of the service
.TP
.I /var/lib/iodef\\-gateway
its store
.SH EXIT STATUS
${roff(exit.join('\n').replace('Exit codes: ', ''))}
.SH SEE ALSO
/usr/share/doc/iodef\\-gateway/docs/guide.md
`
}

function commandPage(name: string, { summary, usage, text }: CommandHelp): string {
  return `.SH NAME
${roff(name)} \\- ${roff(summary)}
.SH SYNOPSIS
${roff(usage)}
.SH DESCRIPTION
${text
  .trim()
  .split(/\n{2,}/)
  .map(paragraph)
  .join('.PP\n')}.SH SEE ALSO
\\fBiodef\\-gateway\\fR(1)
`
}

/** What is indented is a list or a command line, and stays as it is: it is laid out for people already. */
function paragraph(text: string): string {
  const rows = roff(text)
  return /^ /m.test(text) ? `.nf\n${rows}\n.fi\n` : `${rows}\n`
}

/** As text of troff: a hyphen that can be copied, and no row that troff takes for a request. */
function roff(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^(?=[.'])/gm, '\\&')
}
