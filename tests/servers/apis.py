"""Servers that speak the APIs of the sources, all with the same jobs and events.

Their answers and texts are those of an `arkor dev` 0.0.3-alpha.1.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote, urlsplit

from .scripted import (
    Answer,
    Request,
    ScriptedServer,
    chunked,
    head,
    html_answer,
    json_answer,
    sse,
    sse_answer,
)

TOKEN = "canary-token-5f1d"
CLOUD_SECRET = "canary-cloud-secret-9b2e"
JOB_ID = "sim_r40_b5_n24"


def job(job_id: str = JOB_ID, status: str = "completed", **fields: object) -> dict[str, object]:
    """A job as `arkor dev` and the cloud list it, with fields that the dashboard does not know."""
    return {
        "id": job_id,
        "orgId": "org_1",
        "projectId": "proj_1",
        "name": f"run {job_id}",
        "status": status,
        "config": {
            "model": "unsloth/gemma-4-E4B-it",
            "datasetSource": {"type": "huggingface", "name": "arkorlab/triage-demo", "split": "train"},
        },
        "error": None,
        "createdAt": "2026-11-23T11:37:28.358Z",
        "startedAt": "2026-11-23T11:37:28.453Z",
        "completedAt": "2026-11-23T11:37:28.929Z",
        **fields,
    }


def frames(steps: int = 24) -> list[bytes]:
    """The frames of a run as the cloud sends them: losses, a checkpoint and the end."""

    def of(kind: str, **fields: object) -> dict[str, object]:
        return {"type": kind, "jobId": JOB_ID, "timestamp": "2026-11-23T11:37:28.453Z", **fields}

    events: list[tuple[str, object]] = [("training.started", of("training.started"))]
    for step in range(1, steps + 1):
        fields = {"step": step, "loss": 3 - step / 100, "evalLoss": 2.5 if step % 6 == 0 else None}
        events.append(("training.log", of("training.log", learningRate=0.0002, epoch=step / 100, **fields)))
    events.append(("checkpoint.saved", of("checkpoint.saved", step=steps, artifacts=[])))
    artifacts = [{"kind": "adapter"}, {"kind": "merged"}]
    events.append(("training.completed", of("training.completed", artifacts=artifacts)))
    events.append(("end", {}))
    return [sse(name, data, number) for number, (name, data) in enumerate(events, 1)]


@dataclass
class Api:
    """The jobs and streams that an API serves.

    `jobs`: the list; None if the project has no state yet.
    `cut`: the number of frames after which a stream from the start breaks off; None if it does not.
    `hold`: a run ends when this is set; None ends it at once.
    `notice`: headers of the job list.
    `sent`: the frames of every job's stream.
    """

    token: str = TOKEN
    jobs: list[dict[str, object]] | None = field(default_factory=lambda: [job()])
    trainer: str | None = "peer-bench-trainer"
    build_error: str | None = None
    cut: int | None = None
    hold: threading.Event | None = None
    notice: Mapping[str, str] = field(default_factory=dict)
    sent: Sequence[bytes] = field(default_factory=frames)

    def serve(self) -> ScriptedServer:
        return ScriptedServer(self.respond)

    def respond(self, request: Request) -> Answer:
        raise NotImplementedError

    def known(self, job_id: str) -> dict[str, object] | None:
        return next((entry for entry in self.jobs or [] if entry["id"] == job_id), None)

    def stream(self, request: Request) -> Answer:
        last = request.headers.get("last-event-id")
        if last is None and self.cut is not None:
            return sse_answer(*self.sent[: self.cut], self.sent[self.cut][:20], whole=False)
        return sse_answer(b"".join(self.sent[int(last or 0) :]))


class ArkorDev(Api):
    """The API of `arkor dev`."""

    def respond(self, request: Request) -> Answer:
        if request.headers["host"].partition(":")[0] not in {"127.0.0.1", "localhost"}:
            return json_answer({"error": "Studio API is loopback-only"}, "403 Forbidden")
        if not request.target.startswith("/api/"):
            return self.page()
        if request.headers.get("x-arkor-studio-token") != self.token:
            return json_answer({"error": "Missing or invalid studio token"}, "403 Forbidden")
        path = urlsplit(request.target).path
        match request.method, path.removeprefix("/api/").split("/"):
            case "GET", ["credentials"]:
                return json_answer(self.credentials(request))
            case "GET", ["manifest"] if self.build_error is not None:
                return json_answer({"error": self.build_error}, "400 Bad Request")
            case "GET", ["manifest"]:
                return json_answer({"trainer": self.trainer and {"name": self.trainer}})
            case "GET", ["jobs"]:
                return json_answer({"jobs": self.jobs or []})
            case "GET", ["jobs", _, "events"] if self.jobs is None:
                return json_answer({"error": "No project state"}, "400 Bad Request")
            case "GET", ["jobs", job_id, "events"] if self.known(unquote(job_id)):
                return self.stream(request)
            case "POST", ["train"]:
                return self.train()
        return self.other(request)

    def page(self) -> Answer:
        """The web page, with the token for its scripts."""
        return html_answer(
            f'<!doctype html><head><meta name="arkor-studio-token" content="{self.token}"></head>'
        )

    def other(self, request: Request) -> Answer:
        """The answer to an unknown route of the API."""
        if request.method != "GET":
            text = b"404 Not Found"
            length = str(len(text))
            return Answer([head("404 Not Found", Content_Type="text/plain", Content_Length=length), text])
        return json_answer({"error": "Not found"}, "404 Not Found")

    def credentials(self, _seen: Request) -> dict[str, object]:
        return {
            "token": CLOUD_SECRET,
            "mode": "anon",
            "baseUrl": "https://cloud.example",
            "orgSlug": "studio-e2e-org",
            "projectSlug": "studio-e2e-project",
        }

    def train(self, **headers: str) -> Answer:
        def pieces() -> Iterator[bytes]:
            yield head(Content_Type="text/plain; charset=utf-8", Transfer_Encoding="chunked", **headers)
            yield from chunked(b"Started job job_new_0001\n", b"step=1 loss=2.749583\n", whole=False)
            if self.hold is not None:
                self.hold.wait(60)
            ending = b"Job job_new_0001 finished with status=completed\n"
            yield from chunked(ending, b"\n---\nexit=0\n")

        return Answer(pieces())


class ArkorDevLocal(ArkorDev):
    """The API of `arkor dev --local`, as the pull request that adds it describes it."""

    def other(self, request: Request) -> Answer:
        match request.method, urlsplit(request.target).path.removeprefix("/api/").split("/"):
            case "POST", ["jobs", job_id, "cancel"]:
                entry = self.known(unquote(job_id))
                if entry is None:
                    return json_answer({"error": "job not found"}, "404 Not Found")
                if entry["status"] not in {"completed", "failed", "cancelled"}:
                    entry |= {"status": "cancelled", "error": "Job cancelled"}
                return json_answer({"job": entry})
        return super().other(request)


class OurStudio(ArkorDev):
    """The API of our Studio: that of `arkor dev` and its additions, but no web page."""

    def page(self) -> Answer:
        return json_answer({"error": "Missing or invalid studio token"}, "403 Forbidden")

    def other(self, request: Request) -> Answer:
        parts = urlsplit(request.target)
        match request.method, parts.path.removeprefix("/api/").split("/"):
            case "GET", ["train"]:
                return json_answer({"run": {"jobId": "job_new_0001", "running": False, "exitCode": 0}})
            case "GET", ["jobs", job_id] if self.known(unquote(job_id)):
                return json_answer({"job": self.known(unquote(job_id)), "artifacts": []})
            case "GET", ["jobs", job_id, "artifacts", name] if self.known(unquote(job_id)) and name != "gone":
                body = unquote(name).encode()
                return Answer([head(Content_Length=str(len(body))), body])
            case "POST", ["jobs", job_id, "cancel"] if entry := self.known(unquote(job_id)):
                if entry["status"] in {"completed", "failed", "cancelled"}:
                    return json_answer({"error": "The job has ended."}, "409 Conflict")
                return json_answer({"job": {**entry, "status": "cancelling"}}, "202 Accepted")
            case "GET", ["metrics"]:
                return json_answer({"names": ["a/b&c", "loss"]})
            case "GET", ["metrics", "summaries"]:
                asked = parse_qs(parts.query)["name"]
                return json_answer({"metrics": {name: {JOB_ID: [2.5, 0.5, 3.5]} for name in asked}})
            case "PATCH" | "DELETE", ["jobs", job_id] if entry := self.known(unquote(job_id)):
                if request.method == "PATCH":
                    entry |= json.loads(request.body)
                elif entry["status"] == "running":
                    return json_answer({"error": "The job still runs."}, "409 Conflict")
                elif self.jobs is not None:
                    self.jobs.remove(entry)
                return json_answer({"job": entry})
            case "GET", ["jobs", "job_new_0001", "output"]:
                start = int(parse_qs(parts.query)["offset"][0])
                whole = b"Started job job_new_0001\n\n---\nexit=0\n"
                headers = head(Content_Type="text/plain", Transfer_Encoding="chunked")
                return Answer([headers, *chunked(whole[start:])])
        return super().other(request)

    def credentials(self, request: Request) -> dict[str, object]:
        return {
            "token": None,
            "mode": "local",
            "baseUrl": f"http://{request.headers['host']}",
            "orgSlug": None,
            "projectSlug": "my-project",
        }

    def train(self, **headers: str) -> Answer:
        return super().train(X_Arkor_Job="job_new_0001", **headers)


class Cloud(Api):
    """The cloud API, with one org and one project."""

    def respond(self, request: Request) -> Answer:
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return json_answer({"error": "Invalid token"}, "401 Unauthorized")
        if not request.headers.get("x-arkor-client", "").startswith("arkor/"):
            return json_answer(
                {"error": "sdk_version_unsupported", "reason": "missing"}, "426 Upgrade Required"
            )
        parts = urlsplit(request.target)
        if parse_qs(parts.query) != {"orgSlug": ["ours"], "projectSlug": ["cats & dogs"]}:
            return json_answer({"error": "Project not found"}, "404 Not Found")
        match request.method, parts.path.removeprefix("/v1/").split("/"):
            case "GET", ["jobs"]:
                return json_answer({"jobs": self.jobs or []}, **self.notice)
            case "GET", ["jobs", job_id] if self.known(unquote(job_id)):
                return json_answer({"job": self.known(unquote(job_id)), "events": []})
            case "POST", ["jobs", job_id, "cancel"] if entry := self.known(unquote(job_id)):
                if entry["status"] == "completed":
                    return json_answer({"error": "Job is already terminal"}, "409 Conflict")
                return Answer([head("204 No Content")])
            case "POST", ["jobs"]:
                created = {**job("job_new_0001", "queued"), **json.loads(request.body)}
                return json_answer({"job": created}, "201 Created")
            case "GET", ["jobs", job_id, "events", "stream"] if self.known(unquote(job_id)):
                return self.stream(request)
        return json_answer({"error": "Job not found"}, "404 Not Found")
