"""The contract of sources, run for each HTTP source against a real server that speaks its API."""

from __future__ import annotations

import pytest

from arkor_dash.errors import RefusedError
from arkor_dash.sources import (
    ARKOR_DEV,
    EMBEDDED,
    TYPESCRIPT,
    CloudAccess,
    CloudSource,
    Manifest,
    Runner,
    Source,
    StudioKind,
    StudioSource,
)
from tests.servers import Answer, Request, ScriptedServer, json_answer
from tests.servers.apis import ArkorDev, Cloud, OurStudio

from .contract import SourceContract, Tokens


def runner(source: Source) -> Runner:
    assert source.runner is not None
    return source.runner


class StudioContract(SourceContract):
    kind: StudioKind | None

    def source(self, server: ScriptedServer, tokens: Tokens) -> Source:
        return StudioSource(server.url, tokens, self.kind)

    def test_the_manifest_names_the_trainer_or_none(self) -> None:
        with self.reading() as (source, _, _tokens):
            assert runner(source).manifest() == Manifest("peer-bench-trainer")
        with self.reading(self.api(trainer=None)) as (source, _, _tokens):
            assert runner(source).manifest() == Manifest(None)

    def test_the_error_of_a_failed_build_has_the_builds_own_text(self) -> None:
        error = 'Build failed with 1 error:\nsrc/arkor/index.ts:1:10: ERROR: Unexpected ";"'
        with (
            self.reading(self.api(build_error=error)) as (source, _, _tokens),
            pytest.raises(RefusedError) as raised,
        ):
            runner(source).manifest()

        assert str(raised.value) == error

    def test_the_output_of_a_run_ends_with_the_exit_trailer(self) -> None:
        with self.reading() as (source, _, _tokens), runner(source).start_run() as output:
            printed = b"".join(output)

        assert printed.startswith(b"Started job job_new_0001\nstep=1 loss=2.749583\n")
        assert printed.endswith(b"status=completed\n\n---\nexit=0\n")


class TestArkorDev(StudioContract):
    api = ArkorDev
    kind = ARKOR_DEV
    parts = frozenset({"runner"})
    label = "anon · studio-e2e-org / studio-e2e-project · cloud.example"

    def test_it_keeps_no_runs(self) -> None:
        with self.reading() as (source, server, _tokens):
            assert runner(source).current_run() is None
            assert not runner(source).keeps_runs
            assert server.requests == []

    def test_what_a_newer_version_adds_is_read_without_a_fault(self) -> None:
        class Newer(ArkorDev):
            def respond(self, request: Request) -> Answer:
                if request.target == "/api/manifest":
                    return json_answer({"trainer": {"name": "one", "extra": 1}, "configHash": "0a1b"})
                return super().respond(request)

        with self.reading(Newer()) as (source, _, _tokens):
            assert runner(source).manifest() == Manifest("one")

    @pytest.mark.parametrize(("header", "pid"), [("4711", 4711), ("", None), ("x", None), ("-1", None)])
    def test_the_process_of_a_run_is_the_one_that_the_header_names(
        self, header: str, pid: int | None
    ) -> None:
        class Newer(ArkorDev):
            def train(self, **headers: str) -> Answer:
                return super().train(X_Arkor_Train_Pid=header, **headers)

        with self.reading(Newer()) as (source, _, _tokens), runner(source).start_run() as output:
            assert (output.pid, b"exit=0" in b"".join(output)) == (pid, True)


class TestEmbeddedStudio(StudioContract):
    api = OurStudio
    kind = EMBEDDED
    parts = frozenset({"runner", "control", "artifacts", "keeper", "summaries", "archive"})
    label = "local · my-project · 127.0.0.1:{port}"

    def test_it_keeps_runs_and_their_output(self) -> None:
        with self.reading() as (source, _, _tokens):
            run = runner(source).current_run()
            assert run is not None
            with runner(source).output(run.job_id, 8) as output:
                assert b"".join(output) == b"job job_new_0001\n\n---\nexit=0\n"


class TestArkorDevOfUnknownKind(TestArkorDev):
    kind = None

    def test_it_keeps_no_runs(self) -> None:
        with self.reading() as (source, _, _tokens):
            assert runner(source).current_run() is None
            assert runner(source).names is TYPESCRIPT


class TestOurStudioOfUnknownKind(TestEmbeddedStudio):
    kind = None


class TestCloud(SourceContract):
    api = Cloud
    parts = frozenset({"control"})
    label = "oauth · ours / cats & dogs · 127.0.0.1:{port}"

    def source(self, server: ScriptedServer, tokens: Tokens) -> Source:
        return CloudSource(
            lambda: CloudAccess(server.url, tokens(), "oauth", "ours", "cats & dogs", "Log in again.")
        )

    def test_it_has_no_project_and_says_how_to_start_runs(self) -> None:
        with self.reading() as (source, server, _tokens):
            assert source.runner is None
            assert "no project to run. To start runs here, run `arkor dev`" in source.no_runner_reason
            assert server.requests == []
