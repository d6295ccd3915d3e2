"""Reading settings one by one, with a check for each kind of value."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

from arkor_dash.errors import SettingsError
from arkor_dash.protocol.addresses import hide_in_addresses, shown_address

from .formats import is_base_url, is_email, is_token
from .secret import Secret

SHOWN_LIMIT = 200


class Values:
    """The values of the environment, else of the table `arkor` in the secrets. A blank value counts as unset.

    In the secrets, a setting's name is in lower case. Every method raises SettingsError for an unusable value.
    """

    def __init__(self, environ: Mapping[str, str], secrets: Mapping[str, object] | None) -> None:
        self._environ = environ
        section = secrets.get("arkor", {}) if secrets is not None else {}
        if not isinstance(section, Mapping):
            raise SettingsError('secrets["arkor"]', f"of type {type(section).__name__}", "a table")
        self._secrets = section

    def text(self, name: str) -> str | None:
        text = self._environ_text(name)
        if text:
            return text
        value = self._secret_value(name)
        if value is None:
            return None
        if not isinstance(value, str):
            raise SettingsError(name, f"of type {type(value).__name__} in the secrets", "text")
        return value.strip() or None

    def name(self, name: str) -> str | None:
        """A name that can be shown and sent. Pages show it, so it must not be an address that was set by mistake."""
        text = self.text(name)
        if text is not None and (not text.isprintable() or "://" in text):
            raise SettingsError(name, _shown(text), "a name in printable characters, not an address")
        return text

    def choice(self, name: str, allowed: tuple[str, ...]) -> str:
        """One of the allowed words; the first one if the setting is unset."""
        text = self.text(name) or allowed[0]
        if text not in allowed:
            raise SettingsError(name, _shown(text), ", ".join(allowed))
        return text

    def secret(self, name: str) -> Secret | None:
        text = self.text(name)
        if text is None:
            return None
        if not is_token(text):
            raise SettingsError(
                name, "a text with characters that an HTTP header can't hold", "printable ASCII"
            )
        return Secret(text)

    def url(self, name: str) -> str | None:
        """An address without a slash at its end."""
        text = self.text(name)
        if text is None or is_base_url(text):
            return text and text.rstrip("/")
        held = "an address with a user name or a password" if "@" in text else _quoted(shown_address(text))
        raise SettingsError(
            name, held, "an http:// or https:// address without a user name, a query or a fragment"
        )

    def emails(self, name: str) -> list[str]:
        """E-mail addresses, from a text with commas between them or from a list in the secrets."""
        value = self._secret_value(name)
        items = value if isinstance(value, list) and not self._environ_text(name) else None
        if items is None:
            items = (self.text(name) or "").split(",")
        emails = [item.strip() if isinstance(item, str) else repr(item) for item in items]
        for email in filter(None, emails):
            if not is_email(email):
                raise SettingsError(name, f"a list with {_shown(email)}", "a list of e-mail addresses")
        return list(filter(None, emails))

    def folder(self, name: str) -> Path | None:
        """An existing folder, as an absolute path."""
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
        """A folder that exists or can be created, as an absolute path."""
        text = self.text(name)
        if text is None:
            return None
        try:
            path = Path(text).expanduser().resolve()
            usable = "://" not in text and (path.is_dir() or not path.exists())
        except (OSError, RuntimeError, ValueError):
            usable = False
        if not usable:
            raise SettingsError(name, _shown(text), "the path of a folder that exists or can be created")
        return path

    def seconds(self, name: str, default: float) -> float:
        text = self._number_text(name)
        try:
            seconds = default if text is None else float(text)
        except ValueError:
            seconds = math.nan
        if not 0 <= seconds < math.inf:
            raise SettingsError(name, _shown(text or ""), "a number of seconds, 0 or more")
        return seconds

    def count(self, name: str, default: int) -> int:
        text = self._number_text(name)
        if text is None:
            return default
        if not (text.isascii() and text.isdigit()):
            raise SettingsError(name, _shown(text), "a whole number, 0 or more")
        return int(text)

    def database(self, name: str) -> Secret | None:
        """A database URL, which may hold a password."""
        text = self.text(name)
        if text is None:
            return None
        scheme, found, _ = text.partition("://")
        if not found or scheme.partition("+")[0] not in {"sqlite", "postgresql"}:
            is_address = bool(found) and scheme.replace("+", "").isalnum()
            held = f"an address of the kind {_quoted(scheme)}" if is_address else "not an address"
            raise SettingsError(name, held, "a sqlite:// or postgresql:// address")
        return Secret(text)

    def _environ_text(self, name: str) -> str:
        return self._environ.get(name, "").strip()

    def _secret_value(self, name: str) -> object:
        value: object = self._secrets.get(name.lower())
        return value

    def _number_text(self, name: str) -> str | None:
        """A number as text. TOML secrets can hold it as a number, the environment only as text."""
        value = self._secret_value(name)
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return self._environ_text(name) or (str(value) if is_number else self.text(name))


def _shown(text: str) -> str:
    return _quoted(hide_in_addresses(text))


def _quoted(text: str) -> str:
    return repr(text if len(text) <= SHOWN_LIMIT else f"{text[:SHOWN_LIMIT]}…")
