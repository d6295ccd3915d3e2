"""The raw values of settings, read and checked one kind at a time."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pathlib import Path

from arkor_dash.errors import SettingsError

from .secret import Secret, is_address, is_token

_EMAIL = re.compile(r"[^\s@*]+@[^\s@*]+")


class Values:
    """The raw texts, and one reader for each kind of setting."""

    def __init__(self, environ: Mapping[str, str], secrets: Mapping[str, object] | None) -> None:
        self._environ = environ
        section = secrets.get("arkor", {}) if secrets is not None else {}
        if not isinstance(section, Mapping):
            raise SettingsError('secrets["arkor"]', f"of type {type(section).__name__}", "a table")
        self._secrets = section

    def text(self, name: str) -> str | None:
        text = self._environ.get(name, "").strip()
        if text:
            return text
        value = self._secrets.get(name.lower(), "")
        if not isinstance(value, str):
            raise SettingsError(name, f"of type {type(value).__name__} in the secrets", "text")
        return value.strip() or None

    def choice(self, name: str, allowed: tuple[str, ...]) -> str:
        """One of the words, the first of them by default."""
        text = self.text(name) or allowed[0]
        if text not in allowed:
            raise SettingsError(name, _shown(text), ", ".join(allowed))
        return text

    def secret(self, name: str) -> Secret | None:
        text = self.text(name)
        if text is None:
            return None
        if not is_token(text):
            raise SettingsError(name, "a text with characters that no header can carry", "printable ASCII")
        return Secret(text)

    def url(self, name: str) -> str | None:
        text = self.text(name)
        if text is None or is_address(text):
            return text and text.rstrip("/")
        held = "an address with a user name or a password" if "@" in text else _shown(text)
        raise SettingsError(
            name, held, "an http:// or https:// address without a user name, a query or a fragment"
        )

    def emails(self, name: str) -> list[str]:
        """From a text with commas between them, or from a list in the secrets."""
        listed = self._secrets.get(name.lower())
        if not isinstance(listed, list) or self._environ.get(name, "").strip():
            listed = (self.text(name) or "").split(",")
        emails = [each.strip() if isinstance(each, str) else repr(each) for each in listed]
        for email in filter(None, emails):
            if not _EMAIL.fullmatch(email):
                raise SettingsError(name, f"a list with {_shown(email)}", "a list of e-mail addresses")
        return list(filter(None, emails))

    def folder(self, name: str) -> Path | None:
        text = self.text(name)
        if text is None:
            return None
        try:
            path = Path(text).expanduser().resolve(strict=True)
            usable = path.is_dir()
        except (OSError, RuntimeError, ValueError):
            usable = False
        if not usable:
            raise SettingsError(name, _shown(text), "the path of a folder that exists")
        return path

    def new_folder(self, name: str) -> Path | None:
        text = self.text(name)
        if text is None:
            return None
        try:
            path = Path(text).expanduser().resolve()
            usable = path.is_dir() or not path.exists()
        except (OSError, RuntimeError, ValueError):
            usable = False
        if not usable:
            raise SettingsError(name, _shown(text), "the path of a folder, there or to be made")
        return path

    def seconds(self, name: str, default: float) -> float:
        held = self._secrets.get(name.lower())
        is_number = isinstance(held, (int, float)) and not isinstance(held, bool)
        text = self._environ.get(name, "").strip() or (str(held) if is_number else self.text(name))
        try:
            seconds = default if text is None else float(text)
        except ValueError:
            seconds = math.nan
        if not 0 <= seconds < math.inf:
            raise SettingsError(name, _shown(text or ""), "a number of seconds from 0 on")
        return seconds

    def count(self, name: str, default: int) -> int:
        held = self._secrets.get(name.lower())
        is_number = isinstance(held, int) and not isinstance(held, bool)
        text = self._environ.get(name, "").strip() or (str(held) if is_number else self.text(name))
        if text is None:
            return default
        if not (text.isascii() and text.isdigit()):
            raise SettingsError(name, _shown(text), "a whole number, 0 or more")
        return int(text)

    def database(self, name: str) -> Secret | None:
        """Held as a secret: it may name a password."""
        text = self.text(name)
        if text is None:
            return None
        scheme, found, _ = text.partition("://")
        if not found or scheme.partition("+")[0] not in {"sqlite", "postgresql"}:
            held = f"an address of the kind {_shown(scheme)}" if found else "not an address"
            raise SettingsError(name, held, "a sqlite:// or postgresql:// address")
        return Secret(text)


def _shown(text: str) -> str:
    return repr(text if len(text) <= 200 else f"{text[:200]}…")
