"""The settings, read once: from the environment, else from the secrets, else the default."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from arkor_dash.access.sign_in import email_key
from arkor_dash.errors import SettingsError

from .environment import without_secrets
from .secret import Secret
from .values import Values

SOURCES = ("auto", "embedded", "studio", "cloud", "recordings")
ACTIONS = ("local", "operators", "everyone", "nobody")
DEFAULT_STUDIO_URL = "http://127.0.0.1:4000"
STUDIO_PORTS = range(4000, 4010)
"""The ports of `arkor dev`, which takes the first free one."""
ENTRY = Path("src", "arkor", "index.py")
SAMPLE_PROJECT = Path(__file__).parents[1] / "sample"
CANCEL_GRACE_S = 30.0
KEEP_RUNS = 200


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings, checked. README.md describes each. URLs have no slash at their end.

    `studio_token`: if it is None, the token is read from the Studio's page or from `studio_token_file`.
    `studio_configured`: whether the Studio's URL or token was set. If not, it is searched on `studio_ports`.
    `cloud_url`, `cloud_token`, `org`, `project`: if one is None, its value is read from the two files that the
    `arkor` command writes: `cloud_credentials_file`, and `cloud_state_file` in the project.
    `cloud_configured`: whether any of these four was set.
    `state_dir`, `database_url`: None: the Studio's own default.
    `operators`: e-mail addresses in the form that `email_key` returns.
    `environment`: what the embedded Studio inherits.
    """

    source: str
    studio_url: str
    studio_token: Secret | None
    studio_token_file: Path
    studio_configured: bool
    studio_ports: Sequence[int]
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
    keep_runs: int
    actions: str
    operators: frozenset[str]
    environment: Mapping[str, str] = field(repr=False)


def load_settings(
    environ: Mapping[str, str],
    secrets: Mapping[str, object] | None = None,
    *,
    cwd: Path | None = None,
    home: Path | None = None,
) -> Settings:
    """The settings from the environment, else from `secrets["arkor"]`, else the defaults.

    Args: cwd, home: used in place of the working directory and the home directory.
    Raises: SettingsError: a value can't be used.
    """
    values = Values(environ, secrets)
    studio_url = values.url("ARKOR_STUDIO_URL")
    studio_token = values.secret("ARKOR_STUDIO_TOKEN")
    cloud_url = values.url("ARKOR_CLOUD_API_URL")
    cloud_token = values.secret("ARKOR_CLOUD_TOKEN")
    org, project = values.name("ARKOR_ORG"), values.name("ARKOR_PROJECT")
    arkor_home = (home or Path.home()) / ".arkor"
    project_dir = values.folder("ARKOR_PROJECT_DIR")
    working_dir = cwd or Path.cwd()
    source = values.choice("ARKOR_DASH_SOURCE", SOURCES)
    recordings_dir = values.folder("ARKOR_DASH_RECORDINGS_DIR")
    if source == "recordings" and recordings_dir is None:
        raise SettingsError("ARKOR_DASH_RECORDINGS_DIR", "not set", "the folder of the recordings to show")
    return Settings(
        source=source,
        studio_url=studio_url or DEFAULT_STUDIO_URL,
        studio_token=studio_token,
        studio_token_file=arkor_home / "studio-token",
        studio_configured=studio_url is not None or studio_token is not None,
        studio_ports=STUDIO_PORTS,
        cloud_url=cloud_url,
        cloud_token=cloud_token,
        org=org,
        project=project,
        cloud_configured=any(value is not None for value in (cloud_url, cloud_token, org, project)),
        cloud_credentials_file=arkor_home / "credentials.json",
        cloud_state_file=(project_dir or working_dir) / ".arkor" / "state.json",
        project_dir=project_dir or _default_project(working_dir),
        state_dir=values.new_folder("ARKOR_DASH_STATE_DIR"),
        database_url=values.database("ARKOR_DASH_DATABASE_URL"),
        recordings_dir=recordings_dir,
        cancel_grace_s=values.seconds("ARKOR_DASH_CANCEL_GRACE_S", CANCEL_GRACE_S),
        keep_runs=values.count("ARKOR_DASH_KEEP_RUNS", KEEP_RUNS),
        actions=values.choice("ARKOR_DASH_ACTIONS", ACTIONS),
        operators=frozenset(map(email_key, values.emails("ARKOR_DASH_OPERATORS"))),
        environment=without_secrets(environ, secrets or {}),
    )


def _default_project(cwd: Path) -> Path:
    return cwd.resolve() if (cwd / ENTRY).is_file() else SAMPLE_PROJECT
