"""What a run records about itself: its environment, and how it uses its machine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .fields import read_text, shortened, to_number

TEXT_LIMIT = 4_000
"""Characters of the longest text. An event can hold megabytes."""
LIST_LIMIT = 100


@dataclass(frozen=True, slots=True)
class Library:
    """An installed library."""

    name: str
    version: str


@dataclass(frozen=True, slots=True)
class Gpu:
    """A GPU. `memory_bytes` is None if unknown."""

    name: str
    memory_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Environment:
    """Where a run trains. A text is "", a number None, and a list empty if it is not known.

    `cpus` is the number of CPUs that the run may use. `has_changes` says whether the code differs from the commit.
    """

    python: str = ""
    platform: str = ""
    libraries: tuple[Library, ...] = ()
    commit: str = ""
    has_changes: bool | None = None
    command: str = ""
    cpu: str = ""
    cpus: int | None = None
    memory_bytes: int | None = None
    gpus: tuple[Gpu, ...] = ()

    def payload(self) -> dict[str, object]:
        """The fields of the event that reports it, without those that are not known."""
        fields = {
            "python": self.python,
            "platform": self.platform,
            "libraries": {library.name: library.version for library in self.libraries},
            "commit": self.commit,
            "hasChanges": self.has_changes,
            "command": self.command,
            "cpu": self.cpu,
            "cpus": self.cpus,
            "memoryBytes": self.memory_bytes,
            "gpus": [{"name": gpu.name, "memoryBytes": gpu.memory_bytes} for gpu in self.gpus],
        }
        return {name: value for name, value in fields.items() if value not in ("", None, {}, [])}


@dataclass(frozen=True, slots=True)
class EnvironmentRecorded:
    """Where the run trains. Only this project's SDK sends this, once a run."""

    emitted_at_ms: float | None
    environment: Environment


@dataclass(frozen=True, slots=True)
class SystemMeasured:
    """What the run uses of its machine: metrics of the group `system`. Only this project's SDK sends this."""

    emitted_at_ms: float | None
    metrics: Mapping[str, float]


def read_environment(fields: Mapping[str, object]) -> Environment:
    """The environment in the fields of an event. A field that can't be read counts as not known."""
    libraries, gpus, changes = fields.get("libraries"), fields.get("gpus"), fields.get("hasChanges")
    return Environment(
        python=_text(fields.get("python")),
        platform=_text(fields.get("platform")),
        libraries=tuple(_libraries(libraries.items() if isinstance(libraries, Mapping) else ())),
        commit=_text(fields.get("commit")),
        has_changes=changes if isinstance(changes, bool) else None,
        command=_text(fields.get("command")),
        cpu=_text(fields.get("cpu")),
        cpus=_count(fields.get("cpus")),
        memory_bytes=_count(fields.get("memoryBytes")),
        gpus=tuple(_gpus(gpus if isinstance(gpus, list) else ())),
    )


def _libraries(entries: Iterable[tuple[object, object]]) -> list[Library]:
    read = [Library(_text(name), _text(version)) for name, version in entries]
    return [library for library in read if library.name and library.version][:LIST_LIMIT]


def _gpus(entries: Iterable[object]) -> list[Gpu]:
    fields = [entry for entry in entries if isinstance(entry, Mapping)]
    read = [Gpu(_text(gpu.get("name")), _count(gpu.get("memoryBytes"))) for gpu in fields]
    return [gpu for gpu in read if gpu.name][:LIST_LIMIT]


def _text(value: object) -> str:
    return shortened(read_text(value), TEXT_LIMIT)


def _count(value: object) -> int | None:
    number = to_number(value)
    return int(number) if number is not None and 0 < number < 2**63 else None
