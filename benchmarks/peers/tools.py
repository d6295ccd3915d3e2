"""What is measured of each tool: how it stores a run, how it is started, and where its page shows the curve."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import Popen
from typing import Protocol

import requests

from arkor_dash import __version__
from benchmarks.embedded_jobs import OTHER, stored
from benchmarks.launching import TOKEN, embedded_studio, embedding, watching
from benchmarks.machine import ROOT
from benchmarks.processes import Server, answering, free_port, running

from . import drawn
from .environments import Environment

WRITERS = Path(__file__).with_name("writers")
STORE_TIMEOUT_S = 900.0
Output = AbstractContextManager[tuple[Popen[bytes], Path]]


class Tool(Protocol):
    """A tool. Each of its runs has a folder, whose file `page` holds the path of the page that shows the curve."""

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> str: ...

    @property
    def script(self) -> str:
        """JavaScript that tells what its page draws, see `drawn`."""

    @property
    def storage(self) -> Mapping[str, str]:
        """What the local storage of its page holds."""

    @property
    def first_path(self) -> str:
        """A page that does not show the run. It is opened first, since the first page of a server takes longer."""

    def prepare(self) -> None:
        """Install it, if it has to be."""

    def finished(self, steps: int) -> AbstractContextManager[Path]:
        """The folder of a run of so many steps."""

    def serving(self, folder: Path) -> AbstractContextManager[Server]:
        """A new server that shows the run."""

    def is_ready(self, server: Server, steps: int) -> bool:
        """Whether the server has loaded a run of so many steps, if it does so before a page asks for it."""

    def serving_live(self, folder: Path) -> AbstractContextManager[Server]:
        """A new server for a folder that has no run yet."""

    def logging(self, seconds: int, folder: Path) -> Output:
        """A process that logs a step each second to the folder, whose server runs, and the file of its output."""


class Arkor:
    """This dashboard. The folder of a run is the state folder of its Studio."""

    name = "arkor-dash"
    version = __version__
    script = drawn.PLOTLY.replace("SELECTOR", ".arkor-plot")
    storage: Mapping[str, str] = {}
    first_path = f"/job?id={OTHER}"

    def prepare(self) -> None:
        pass

    @contextmanager
    def finished(self, steps: int) -> Iterator[Path]:
        with stored(("long", steps + 1), (OTHER, 2)) as state:
            (state / "page").write_text("/job?id=long", encoding="utf-8")
            yield state

    def serving(self, folder: Path) -> AbstractContextManager[Server]:
        return embedding(folder)

    def is_ready(self, _server: Server, _steps: int) -> bool:
        return True

    @contextmanager
    def serving_live(self, folder: Path) -> Iterator[Server]:
        with embedded_studio(ROOT / "arkor_dash" / "sample", folder) as studio, watching(studio) as server:
            (folder / "studio").write_text(studio.url, encoding="utf-8")
            yield server

    def logging(self, seconds: int, folder: Path) -> Output:
        studio = (folder / "studio").read_text(encoding="utf-8")
        settings = {"ARKOR_STUDIO_URL": studio, "ARKOR_STUDIO_TOKEN": TOKEN, "PYTHONPATH": str(ROOT)}
        return running(_writer(sys.executable, "arkor", "live", seconds), folder, **settings)


@dataclass(frozen=True)
class Installed:
    """A tool in an environment of its own, which also keeps the runs that it has stored.

    Args:
        command: starts its server in the folder of a run. `{port}` stands for the port.
        answers: a path that its server answers.
        settings: environment variables of its processes.
    """

    environment: Environment
    name: str
    script: str
    command: tuple[str, ...]
    answers: str
    settings: Mapping[str, str] = field(default_factory=dict)
    storage: Mapping[str, str] = field(default_factory=dict)
    first_path: str = ""

    @property
    def version(self) -> str:
        return self.environment.version

    def prepare(self) -> None:
        self.environment.install()

    @contextmanager
    def finished(self, steps: int) -> Iterator[Path]:
        folder = self.environment.folder / f"run-{steps}"
        if not (folder / "complete").exists():
            shutil.rmtree(folder, ignore_errors=True)  # writing it may have been interrupted
            folder.mkdir()
            with self._writing("store", steps, folder) as (process, _):
                if process.wait(STORE_TIMEOUT_S) != 0:
                    raise RuntimeError(f"{self.name} could not store the run in {folder}")
            (folder / "complete").touch()
        yield folder

    def serving(self, folder: Path) -> AbstractContextManager[Server]:
        port = free_port()
        program, *arguments = (each.format(port=port) for each in self.command)
        command = [self.environment.program(program), *arguments]
        return answering(command, f"http://127.0.0.1:{port}", self.answers, folder, **self.settings)

    def is_ready(self, _server: Server, _steps: int) -> bool:
        return True

    def serving_live(self, folder: Path) -> AbstractContextManager[Server]:
        return self.serving(folder)

    def logging(self, seconds: int, folder: Path) -> Output:
        return self._writing("live", seconds, folder)

    def _writing(self, mode: str, count: int, folder: Path) -> Output:
        python = self.environment.program("python")
        return running(_writer(python, self.environment.package, mode, count), folder, **self.settings)


class TensorBoard(Installed):
    """TensorBoard, which loads all runs before a page asks for them."""

    def is_ready(self, server: Server, steps: int) -> bool:
        address = f"{server.url}/experiment/defaultExperimentId/data/plugin/timeseries/timeSeries"
        asked = {"requests": '[{"plugin": "scalars", "tag": "loss"}]'}
        answer = requests.post(address, data=asked, timeout=30)
        return answer.ok and f'"step": {steps},' in answer.text


def _writer(python: str, package: str, mode: str, count: int) -> list[str]:
    return [python, str(WRITERS / f"to_{package}.py"), mode, str(count)]


def tools(environments: Mapping[str, Environment]) -> list[Tool]:
    """The tools, in the order of the table."""
    return [
        Arkor(),
        TensorBoard(
            environments["tensorboard"],
            "TensorBoard",
            drawn.SVG.replace("SELECTOR", "line-chart .series-view path")
            + drawn.RECEIVED.replace("ADDRESS", "/timeSeries"),
            ("tensorboard", "--logdir=.", "--host=127.0.0.1", "--port={port}"),
            "/data/environment",
            storage={"_tb_global_settings": '{"autoReload": true, "autoReloadPeriodInMs": 30000}'},
        ),
        Installed(
            environments["mlflow"],
            "MLflow",
            drawn.PLOTLY.replace("SELECTOR", ".js-plotly-plot"),
            (
                *("mlflow", "server", "--host=127.0.0.1", "--port={port}"),
                *("--workers=1", "--backend-store-uri=sqlite:///mlflow.db"),
            ),
            "/health",
            settings={"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"},
            first_path="/",
        ),
        Installed(
            environments["trackio"],
            "trackio",
            drawn.CANVAS + drawn.RECEIVED.replace("ADDRESS", "/get_logs_batch"),
            ("python", str(WRITERS / "show_trackio.py"), "{port}"),
            "/version",
            settings={"TRACKIO_DIR": "trackio", "HF_HUB_OFFLINE": "1"},
            first_path="/?project=other",
        ),
    ]
