"""`leads completion` and `leads help`."""

import sys
from typing import Annotated, Literal

from cyclopts import Parameter

Shell = Literal["bash", "zsh", "fish"]

_BASH = """\
_leads() {
    local word
    COMPREPLY=()
    while IFS=$'\\t' read -r word _; do
        COMPREPLY+=("$word")
    done < <(leads __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _leads leads
"""
_ZSH = """\
#compdef leads
_leads() {
    local -a found
    local word summary
    while IFS=$'\\t' read -r word summary; do
        found+=("${word//:/\\\\:}:$summary")
    done < <(leads __complete "${(@)words[2,$CURRENT]}" 2>/dev/null)
    if (( $#found )); then
        _describe leads found
    else
        _files
    fi
}
if [ "$funcstack[1]" = "_leads" ]; then
    _leads
else
    compdef _leads leads
fi
"""
_FISH = """\
function __leads_complete
    set -l words (commandline -opc)
    set -l last (commandline -ct)
    leads __complete $words[2..-1] "$last" 2>/dev/null
end
complete -c leads -f -a '(__leads_complete)'
"""
SCRIPTS: dict[Shell, str] = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}


async def completion(shell: Annotated[Shell, Parameter(help="The shell that completes.")], /) -> None:
    """Print the script by which a shell completes commands, options, their values and ids of leads.

    For bash: source <(leads completion bash). For zsh the same, after compinit. For fish: leads completion fish | source.
    """
    sys.stdout.write(SCRIPTS[shell])


async def help_(
    command: Annotated[str | None, Parameter(help="The command. By default all are listed.")] = None, /
) -> None:
    """Explain a command, as its option --help does."""
