"""Completions for bash, zsh and fish, as files that run no program: made from the commands, shown by `completion`.

Each script finds the command that is being typed by the words before the cursor, then offers what stands there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from synctv_cli.tree import GLOBAL_OPTIONS, HELP_OPTION, Command, Parameter, commands

_HEAD = "Completion of synctv for {name}. Made by `synctv completion {name}`; do not edit."


def script(shell: str) -> str:
    """The file for `bash`, `zsh` or `fish`."""
    return _SHELLS[shell](commands())


def _bash(tree: Sequence[Command]) -> str:
    cases = "".join(
        f"        {_quoted(' '.join(each.path))}) words=({' '.join(map(_quoted, _words(each)))}) ;;\n"
        for each in tree
    )
    choices = "".join(f"        {place}) words=({words}) ;;\n" for place, words in _choices(tree))
    return f"""\
# {_HEAD.format(name="bash")}
_synctv() {{
    local current=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}} place= index
    local -a words
    for ((index = 1; index < COMP_CWORD; index++)); do
        case "$place ${{COMP_WORDS[index]}}" in
            {_steps(tree)}) place="${{place:+$place }}${{COMP_WORDS[index]}}" ;;
        esac
    done
    case "$before" in
        {"|".join(_names(tree, lambda each: each.is_path))}) COMPREPLY=($(compgen -f -- "$current")); return ;;
    esac
    case "$place $before" in
{choices}    esac
    if [[ ${{#words[@]}} -eq 0 ]]; then case "$place" in
{cases}    esac; fi
    COMPREPLY=($(compgen -W "${{words[*]}}" -- "$current"))
}}
complete -o filenames -F _synctv synctv
"""


def _choices(tree: Sequence[Command]) -> list[tuple[str, str]]:
    """The place and the option before the cursor where a fixed set of words may follow, and those words."""
    return [
        (_quoted(" ".join((*command.path, name))), " ".join(map(_quoted, option.choices)))
        for command in tree
        for option in command.options
        for name in option.names
        if option.choices
    ]


def _zsh(tree: Sequence[Command]) -> str:
    by_path = {each.path: each for each in tree}
    cases = "".join(
        f"        ({_quoted(' '.join(each.path))}) names=({' '.join(_zsh_names(each, by_path))}) ;;\n"
        for each in tree
    )
    choices = "".join(f"        ({place}) names=({words}) ;;\n" for place, words in _choices(tree))
    return f"""\
#compdef synctv
# {_HEAD.format(name="zsh")}
_synctv() {{
    local place= index
    local -a names
    for ((index = 2; index < CURRENT; index++)); do
        case "$place ${{words[index]}}" in
            ({_steps(tree)}) place="${{place:+$place }}${{words[index]}}" ;;
        esac
    done
    case "${{words[CURRENT-1]}}" in
        ({"|".join(_names(tree, lambda each: each.is_path))}) _files; return ;;
    esac
    case "$place ${{words[CURRENT-1]}}" in
{choices}    esac
    if (( $#names == 0 )); then case "$place" in
{cases}    esac; fi
    _describe synctv names
}}
if [ "$funcstack[1]" = _synctv ]; then _synctv "$@"; else compdef _synctv synctv; fi
"""


def _zsh_names(command: Command, by_path: dict[tuple[str, ...], Command]) -> list[str]:
    told = [(name, by_path[(*command.path, name)].summary) for name in command.children]
    told += [(word, argument.help) for argument in command.arguments for word in argument.choices]
    told += [(name, option.help) for option in _options(command) for name in option.names]
    return [_quoted(f"{name}:{text.replace(':', ' ')}") for name, text in told]


def _fish(tree: Sequence[Command]) -> str:
    lines = [line for each in tree for line in _fish_lines(each, tree)]
    return f"""\
# {_HEAD.format(name="fish")}
function __synctv_place
    set -l place
    for word in (commandline -opc)[2..]
        switch "$place $word"
            case {_steps(tree, separator=" ")}
                set place (string trim "$place $word")
        end
    end
    echo "$place"
end
complete -c synctv -f
{"".join(f"{line}{chr(10)}" for line in lines)}"""


def _fish_lines(command: Command, tree: Sequence[Command]) -> list[str]:
    place = " ".join(command.path)
    head = f'complete -c synctv -n \'test "$(__synctv_place)" = "{place}"\''
    by_path = {each.path: each for each in tree}
    lines = [
        f"{head} -a {name} -d {_quoted(by_path[(*command.path, name)].summary)}" for name in command.children
    ]
    for argument in command.arguments:
        lines += [f"{head} -a {word} -d {_quoted(argument.help)}" for word in argument.choices]
    for option in _options(command):
        takes = (
            f" -x -a {_quoted(' '.join(option.choices))}" if option.choices else " -r" if option.value else ""
        )
        takes = " -r -F" if option.is_path else takes
        names = "".join(
            f" -l {name[2:]}" if name.startswith("--") else f" -s {name[1:]}" for name in option.names
        )
        lines.append(f"{head}{names}{takes} -d {_quoted(option.help)}")
    return lines


def _words(command: Command) -> list[str]:
    """All that may stand next: commands, words of arguments, options."""
    arguments = [word for argument in command.arguments for word in argument.choices]
    return [*command.children, *arguments, *(name for option in _options(command) for name in option.names)]


def _options(command: Command) -> tuple[Parameter, ...]:
    return (*command.options, *GLOBAL_OPTIONS, HELP_OPTION)


def _steps(tree: Sequence[Command], separator: str = "|") -> str:
    """The patterns by which a word leads from a place one further: `"user create"`, at the root `" user"`."""
    below = (each.path for each in tree if each.path)
    return separator.join(_quoted(f"{' '.join(path[:-1])} {path[-1]}") for path in below)


def _names(tree: Sequence[Command], wanted: Callable[[Parameter], bool]) -> list[str]:
    """The names of all options of a kind."""
    return sorted(
        {name for each in tree for option in _options(each) if wanted(option) for name in option.names}
    )


def _quoted(text: str) -> str:
    """Text for any of the three shells, where nothing in it means anything."""
    return "'" + text.replace("\\", "").replace("'", "’") + "'"


_SHELLS: dict[str, Callable[[Sequence[Command]], str]] = {"bash": _bash, "zsh": _zsh, "fish": _fish}
