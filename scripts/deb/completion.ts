/** Completion for bash, from the same help. */
import type { CommandHelp, Help } from './help.ts'

/** The file for /usr/share/bash-completion/completions: commands, then actions and options of each, then files. */
export function bashCompletion({ commands }: Help): string {
  const first = ['--help', '--version', ...commands.map(({ name }) => name)]
  return `# bash completion for iodef-gateway, made from the commands' --help
_iodef_gateway() {
  local word=\${COMP_WORDS[COMP_CWORD]} command=\${COMP_WORDS[1]} actions='' options=''
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    mapfile -t COMPREPLY < <(compgen -W '${first.join(' ')}' -- "$word")
    return
  fi
  case $command in
${commands.map(branch).join('')}  esac
  if [[ $word == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word")
  elif [ "$COMP_CWORD" -eq 2 ] && [ -n "$actions" ]; then
    mapfile -t COMPREPLY < <(compgen -W "$actions" -- "$word")
  else
    compopt -o filenames
    mapfile -t COMPREPLY < <(compgen -f -- "$word")
  fi
}
complete -F _iodef_gateway iodef-gateway
`
}

function branch({ name, actions, options }: CommandHelp): string {
  return `    ${name}) actions='${actions.join(' ')}' options='${options.join(' ')}' ;;\n`
}
