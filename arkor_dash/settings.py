"""What the dashboard is told from outside, read once: environment, then secrets, then defaults."""

from __future__ import annotations

import hmac
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit

from .errors import SettingsError
from .sign_in import email_key

SOURCES = ("auto", "embedded", "studio", "cloud", "recordings")
ACTIONS = ("local", "operators", "everyone", "nobody")
DEFAULT_STUDIO_URL = "http://127.0.0.1:4000"
ENTRY = Path("src", "arkor", "index.py")
SAMPLE_PROJECT = Path(__file__).parent / "sample"
CANCEL_GRACE_S = 30.0

_EMAIL = re.compile(r"[^\s@*]+@[^\s@*]+")


class Secret:
    """A text that shows itself to no one who does not ask for it: not by repr, str or pickle."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return "Secret(…)"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._text.encode(), other._text.encode())

    def __hash__(self) -> int:
        return hash(self._text)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not to be stored")


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of spec's table, checked. Addresses have no slash at their end.

    `studio_configured`: a Studio's address or token was set, rather than left to the default;
    `cloud_configured`: any of the cloud's four settings was.
    `recordings_dir` None: no folder of recordings is named.
    `studio_token` None: it stands in `studio_token_file`, if that is there. `state_dir` and `database_url`
    None: the Studio's own default. What of the cloud is None stands in the two files that `arkor` writes:
    `cloud_credentials_file` and, of the project, `cloud_state_file`. `operators`: addresses by `email_key`.
    """

    source: str
    studio_url: str
    studio_token: Secret | None
    studio_token_file: Path
    studio_configured: bool
    cloud_url: str | None
    cloud_token: Secret | None
    org: str | None
    project: str | None
    cloud_configured: bool
    cloud_credentials_file: Path
    cloud_state_file: Path
    project_dir: Path
    state_dir: Path | None
    database_url: Secret | None
    recordings_dir: Path | None
    cancel_grace_s: float
    actions: str
    operators: frozenset[str]


def load_settings(
    environ: Mapping[str, str],
    secrets: Mapping[str, object] | None = None,
    *,
    cwd: Path | None = None,
    home: Path | None = None,
) -> Settings:
    """The settings from the environment, then from `secrets["arkor"]`, then the defaults. Blank is unset.

    Args: cwd, home: the working directory and the home directory, unless this process's own.
    Raises: SettingsError: a value can't be used.
    """
    values = _Values(environ, secrets)
    studio_url = values.url("ARKOR_STUDIO_URL")
    studio_token = values.secret("ARKOR_STUDIO_TOKEN")
    cloud_url = values.url("ARKOR_CLOUD_API_URL")
    cloud_token = values.secret("ARKOR_CLOUD_TOKEN")
    org, project = values.text("ARKOR_ORG"), values.text("ARKOR_PROJECT")
    arkor_home = (home or Path.home()) / ".arkor"
    project_dir = values.folder("ARKOR_PROJECT_DIR")
    here = cwd or Path.cwd()
    source = values.choice("ARKOR_DASH_SOURCE", SOURCES)
    recordings_dir = values.folder("ARKOR_DASH_RECORDINGS_DIR")
    if source == "recordings" and recordings_dir is None:
        raise SettingsError(
            "ARKOR_DASH_RECORDINGS_DIR", "not set", "the folder whose recordings are to be shown"
        )
    return Settings(
        source=source,
        studio_url=studio_url or DEFAULT_STUDIO_URL,
        studio_token=studio_token,
        studio_token_file=arkor_home / "studio-token",
        studio_configured=studio_url is not None or studio_token is not None,
        cloud_url=cloud_url,
        cloud_token=cloud_token,
        org=org,
        project=project,
        cloud_configured=any(value is not None for value in (cloud_url, cloud_token, org, project)),
        cloud_credentials_file=arkor_home / "credentials.json",
        cloud_state_file=(project_dir or here) / ".arkor" / "state.json",
        project_dir=project_dir or _project_here(here),
        state_dir=values.new_folder("ARKOR_DASH_STATE_DIR"),
        database_url=values.database("ARKOR_DASH_DATABASE_URL"),
        recordings_dir=recordings_dir,
        cancel_grace_s=values.seconds("ARKOR_DASH_CANCEL_GRACE_S", CANCEL_GRACE_S),
        actions=values.choice("ARKOR_DASH_ACTIONS", ACTIONS),
        operators=frozenset(map(email_key, values.emails("ARKOR_DASH_OPERATORS"))),
    )


def is_address(text: str) -> bool:
    """Whether the text is an http or https address that can be put before a path."""
    if any(character in text for character in "@?# ") or not text.isprintable():
        return False
    try:
        parts = urlsplit(text)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def is_token(text: str) -> bool:
    """Whether a header can carry the text."""
    return bool(text) and text.isascii() and text.isprintable()


class _Values:
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


def _project_here(cwd: Path) -> Path:
    return cwd.resolve() if (cwd / ENTRY).is_file() else SAMPLE_PROJECT


def _shown(text: str) -> str:
    return repr(text if len(text) <= 200 else f"{text[:200]}…")
