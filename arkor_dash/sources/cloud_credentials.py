"""The cloud's URL, token, organisation and project: from the settings, else from the files that `arkor` writes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from arkor_dash.errors import RefusedError, SourceError, UnauthorizedError
from arkor_dash.settings.formats import is_base_url, is_token
from arkor_dash.settings.load import Settings
from arkor_dash.settings.secret import Secret

from .workspace import Origin


@dataclass(frozen=True, slots=True)
class CloudAccess:
    """The address, token and project for requests to the cloud.

    `url` has no slash at its end. `mode` is `anon`, `oauth` or `cloud`, for the label.
    `token_advice`: the advice for the viewer if the token is refused.
    """

    url: str
    token: Secret
    mode: str
    org: str
    project: str
    token_advice: str

    @property
    def origin(self) -> Origin:
        return Origin(self.mode, self.org, self.project, urlsplit(self.url).netloc)


CloudAccessProvider = Callable[[], CloudAccess]


def cloud_access(settings: Settings) -> CloudAccessProvider:
    """A provider that reads the settings and the files each time, so that a new `arkor login` takes effect.

    The provider raises UnauthorizedError if there is no token, RefusedError if there is no URL, org or project.
    """
    return lambda: _read(settings)


def _read(settings: Settings) -> CloudAccess:
    path = settings.cloud_credentials_file
    credentials: Mapping[str, object] = {}
    if settings.cloud_token is None:
        credentials = _object(path, UnauthorizedError, "run `arkor login`, or set ARKOR_CLOUD_TOKEN")
        token = _token(credentials, path)
        mode = _text(credentials, "mode") or "cloud"
        advice = f"The token was read from {path}. Run `arkor login` for a new one."
    else:
        token, mode = settings.cloud_token, "cloud"
        advice = "The token was read from ARKOR_CLOUD_TOKEN. Set it to a valid one."
        if settings.cloud_url is None:
            credentials = _object(path, RefusedError, "set ARKOR_CLOUD_API_URL")
    url = settings.cloud_url or _text(credentials, "arkorCloudApiUrl")
    if url is None or not is_base_url(url):
        raise RefusedError(f"{path} names no address of the Arkor cloud: set ARKOR_CLOUD_API_URL.")
    org, project = _project(settings, _text(credentials, "orgSlug"))
    return CloudAccess(url.rstrip("/"), token, mode, org, project, advice)


def _project(settings: Settings, own_org: str | None) -> tuple[str, str]:
    """The org and the project. If the settings name an org, a file of another org is not used."""
    org, project = settings.org, settings.project
    path = settings.cloud_state_file
    if project is None or (org is None and own_org is None):
        state = _object(path, RefusedError, "set ARKOR_ORG and ARKOR_PROJECT, or run `arkor dev` there once")
        disk_org, disk_project = _text(state, "orgSlug"), _text(state, "projectSlug")
        if project is None and org is not None and disk_org != org:
            raise RefusedError(f"{path} belongs to another org than ARKOR_ORG. Set ARKOR_PROJECT too.")
        org = org or disk_org
        project = project or disk_project
    org = org or own_org
    if org is None or project is None:
        raise RefusedError(f"{path} names no org and project: set ARKOR_ORG and ARKOR_PROJECT.")
    return org, project


def _token(credentials: Mapping[str, object], path: Path) -> Secret:
    text = _text(credentials, "accessToken") or _text(credentials, "token")
    if text is None or not is_token(text):
        raise UnauthorizedError(f"{path} holds no token: run `arkor login`, or set ARKOR_CLOUD_TOKEN.")
    return Secret(text)


def _object(path: Path, kind: type[SourceError], advice: str) -> Mapping[str, object]:
    """The JSON object in a file. Raises: `kind`, whose message shows nothing of the file's content."""
    problem = "holds no JSON object"
    try:
        payload = json.loads(path.read_bytes())
    except FileNotFoundError:
        problem, payload = "does not exist", None
    except OSError as error:
        problem, payload = f"can't be read ({error.strerror})", None
    except (ValueError, RecursionError):
        payload = None
    # Raised outside of the `except` blocks: a JSON error as its context would carry the file's text.
    if not isinstance(payload, dict):
        raise kind(f"{path} {problem}: {advice}.")
    return payload


def _text(payload: Mapping[str, object], name: str) -> str | None:
    value = payload.get(name)
    return value.strip() or None if isinstance(value, str) and value.isprintable() else None
