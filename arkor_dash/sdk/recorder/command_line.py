"""The command line of the training, without what may be a secret, and without the name of the home folder."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from arkor_dash.protocol.addresses import CUT
from arkor_dash.protocol.fields import replace_surrogates

from .secret_names import Secrecy, secrecy
from .secret_values import hide_secret_values

LIMIT = 3_000
"""Characters of the longest command line."""
ARGUMENT_LIMIT = 2_000
"""Longer arguments are not shown at all."""
SHORTEST_SECRET = 6
"""Characters of the shortest value of a variable that is looked for in the command line."""
_NAME = re.compile(r"""([\w.-]+)[\\"']*(?:\s*[=:]\s*|\s+)(?=\S)""")
_PLAIN_NAME = re.compile(r"-{0,2}[\w-]+|--?[\w.-]+")
_PASSWORD_OR_PORT = re.compile("-[pP]")
_USER = re.compile(r"(-u|--?(?:\w+[-_])?(?:user|username|login))(?:\Z|=)")
_NUMBER = re.compile(r"[-+]?\d{1,9}(?:\.\d*)?(?:[eE][-+]?\d{1,3})?|true|false|none", re.IGNORECASE)
_CODE = re.compile(r"-[bBdEiIOPqsSuvx]*c(.*)", re.DOTALL)
_SAFE = re.compile(rf"[\w@%+=:,./~{CUT}-]+")


def shown_command(arguments: Sequence[str], environment: Mapping[str, str], home: Path) -> str:
    """The command line as one text, of at most `LIMIT` characters.

    Hidden are the values of options and settings that are named like a secret, what looks like one, passwords and
    queries of addresses, the values of environment variables that are named like a secret, and the code of
    `python -c`. The home folder is `~`.
    Args: arguments: as in `sys.orig_argv`, the interpreter first.
    """
    secrets = [
        value for name, value in environment.items() if len(value) >= SHORTEST_SECRET and secrecy(name)
    ]
    secrets.sort(key=len, reverse=True)
    shown = " ".join(
        _quoted(_with_tilde(argument, home)) for argument in _shown(_without_code(arguments[:LIMIT]), secrets)
    )
    shown = replace_surrogates(shown)
    return shown if len(shown) <= LIMIT else f"{shown[:LIMIT]}{CUT}"


def _without_code(arguments: Sequence[str]) -> list[str]:
    """The arguments without the code of `python -c`."""
    left = list(arguments)
    at = 1
    while at < len(left) and left[at].startswith("-"):
        code = _CODE.fullmatch(left[at])
        if code:
            if code[1]:
                left[at] = f"-c{CUT}"
            elif at + 1 < len(left):
                left[at + 1] = CUT
            break
        if left[at].lstrip("-").startswith("m"):
            break
        at += 2 if left[at] in ("-W", "-X", "--check-hash-based-pycs") else 1
    return left


def _shown(arguments: Iterable[str], secrets: Sequence[str]) -> Iterator[str]:
    awaited = Secrecy.NONE  # of the values that the option before takes
    is_first = False  # of these values
    for argument in _without_passwords(arguments):
        if awaited and not _ends_values(argument, is_first=is_first):
            is_number = awaited == Secrecy.TOKEN and _NUMBER.fullmatch(argument)
            yield argument if is_number else CUT
            awaited, is_first = (Secrecy.NONE if is_number else awaited), False
            continue
        awaited, is_first = _kind_of_values(argument), True
        yield _without_secrets(argument, secrets) if len(argument) <= ARGUMENT_LIMIT else CUT


def _without_passwords(arguments: Iterable[str]) -> Iterator[str]:
    """The arguments without the password in `--user name:password`."""
    before = ""
    for argument in arguments:
        option = _USER.match(argument) if "=" in argument else _USER.fullmatch(before)
        name, colon, _ = argument.partition(":")
        yield f"{name}:{CUT}" if option and colon else argument
        before = argument


def _kind_of_values(argument: str) -> Secrecy:
    """Whether the arguments after this one are a secret. `-p` takes a password or a port."""
    if _PASSWORD_OR_PORT.fullmatch(argument):
        return Secrecy.TOKEN
    return secrecy(argument) if _PLAIN_NAME.fullmatch(argument) else Secrecy.NONE


def _ends_values(argument: str, *, is_first: bool) -> bool:
    """Whether the argument is the next option, and no value of the one before. A password may begin with a hyphen."""
    return argument.startswith("--") or (argument.startswith("-") and (len(argument) == 2 or not is_first))


def _without_secrets(argument: str, secrets: Sequence[str]) -> str:
    for secret in secrets:
        argument = argument.replace(secret, CUT)
    return hide_secret_values(_without_named(argument))


def _without_named(argument: str) -> str:
    """The argument up to the first value in it that is named like a secret: `--token=…`, `{"api_key": …`."""
    for found in _NAME.finditer(argument):
        kind, rest = secrecy(found[1]), argument[found.end() :]
        if kind == Secrecy.SECRET or (kind == Secrecy.TOKEN and not _begins_with_number(rest)):
            return f"{argument[: found.end()]}{CUT}"
    return argument


def _begins_with_number(text: str) -> bool:
    return bool(_NUMBER.fullmatch(re.split(r"[\s,;}\])]", text, maxsplit=1)[0]))


def _with_tilde(argument: str, home: Path) -> str:
    if home.parent == home:
        return argument
    for folder in {str(home), os.path.realpath(home)}:
        argument = re.sub(rf"{re.escape(folder)}(?![\w.-])", "~", argument)
    return argument


def _quoted(argument: str) -> str:
    return argument if _SAFE.fullmatch(argument) else shlex.quote(argument)
