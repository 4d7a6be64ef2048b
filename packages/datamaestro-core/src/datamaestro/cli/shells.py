"""Completion in shells for which click's own is wrong.

bash splits words at ``:`` and ``=`` though nothing else does, and click's script for fish splits
offers at each ``,``. Ids have all of these: ``ml:edu.uci.iris``, ``./flowers.py:Garden``,
``org.example.corpus[lang=fr,size=small]``; and so have the helps of options.
"""

from __future__ import annotations

import os

from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    add_completion_class,
    split_arg_string,
)

__all__ = ["Bash", "Fish"]

_BASH = """\
%(complete_func)s() {
    local offers offer value
    offers=$(env COMP_WORDS="${COMP_LINE:0:COMP_POINT}" COMP_REPLACED="$2" \\
        %(complete_var)s=bash_complete $1)
    COMPREPLY=()
    while IFS= read -r offer; do
        value=${offer#*,}
        case ${offer%%%%,*} in
            dir) compopt -o dirnames ;;
            file) compopt -o default ;;
            plain)
                COMPREPLY+=("$value")
                if [[ $value == *[=,] ]]; then compopt -o nospace; fi
                ;;
        esac
    done <<< "$offers"
}

complete -o nosort -F %(complete_func)s %(prog_name)s
"""

_FISH = """\
function %(complete_func)s
    set -lx %(complete_var)s fish_complete
    set -lx COMP_WORDS (commandline -cp)
    set -lx COMP_CWORD (commandline -t)
    for offer in (%(prog_name)s)
        set -l parts (string split -m 1 , $offer)
        switch $parts[1]
            case dir
                __fish_complete_directories $parts[2]
            case file
                __fish_complete_path $parts[2]
            case plain
                echo $parts[2]
        end
    end
end

complete --no-files --command %(prog_name)s --arguments "(%(complete_func)s)"
"""


@add_completion_class
class Bash(BashComplete):
    """Completes the words of a line as they are typed, whatever bash takes them for.

    It gets the line up to the cursor as ``COMP_WORDS``, and as ``COMP_REPLACED`` the end of it
    that an offer takes the place of.
    """

    source_template = _BASH

    def get_completion_args(self) -> tuple[list[str], str]:
        """Give the words before the one that is being typed, and that."""
        # One letter more: so there is a last word, be it that nothing of it is typed yet.
        _, *words, last = split_arg_string(f"{os.environ['COMP_WORDS']}_")
        return words, last[:-1]

    def format_completion(self, item: CompletionItem) -> str:
        """Give an offer's kind, and what of it takes the place of the end of the line."""
        _, word = self.get_completion_args()
        replaced = os.environ.get("COMP_REPLACED", word)
        stays = word.removesuffix(replaced) if word.endswith(replaced) else ""
        return f"{item.type},{item.value.removeprefix(stays)}"


@add_completion_class
class Fish(FishComplete):
    """Completes the words of a line, commas and all."""

    source_template = _FISH
