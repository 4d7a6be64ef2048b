"""Completion in bash, which splits words at ``:`` and ``=`` though nothing else does.

Ids have both: ``ml:edu.uci.iris``, ``./flowers.py:Garden``, ``org.example.corpus[lang=fr]``.
"""

from __future__ import annotations

import os

from click.shell_completion import (
    BashComplete,
    CompletionItem,
    add_completion_class,
    split_arg_string,
)

__all__ = ["Bash"]

_SOURCE = """\
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


@add_completion_class
class Bash(BashComplete):
    """Completes the words of a line as they are typed, whatever bash takes them for.

    It gets the line up to the cursor as ``COMP_WORDS``, and as ``COMP_REPLACED`` the end of it
    that an offer takes the place of.
    """

    source_template = _SOURCE

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
