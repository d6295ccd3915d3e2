"""The artifacts of a run, with their downloads."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import PurePosixPath
from threading import Event

import streamlit as st

from arkor_dash.errors import RefusedError
from arkor_dash.live.feed.artifacts import SavedArtifact
from arkor_dash.live.file_stream import FileStream
from arkor_dash.metrics.value_format import shown_step
from arkor_dash.protocol.fields import shortened
from arkor_dash.protocol.file_names import file_name
from arkor_dash.protocol.sizes import size_text
from arkor_dash.sources import ArtifactStore
from arkor_dash.ui.clock import local_time
from arkor_dash.ui.download import (
    DOWNLOAD_LIMIT,
    Download,
    Labels,
    offer_download,
)
from arkor_dash.ui.file_link import file_link
from arkor_dash.ui.keys import key_part
from arkor_dash.ui.resources import dashboard
from arkor_dash.ui.text import heading_with_note, markdown_text, paragraph

SHOWN = 5
MOST_SHOWN = 200
NAME_LIMIT = 200
_STAGES = {"checkpoint": "Checkpoint", "final": "Final", "cancelled": "At cancel"}
_USUAL_KINDS = frozenset({"", "checkpoint", "artifact"})


def artifacts_card(job_id: str, artifacts: Sequence[SavedArtifact]) -> None:
    """The card, or that the run has saved nothing. Its downloads may hold large files."""
    newest_first = artifacts[::-1]
    with st.container(border=True, key="artifacts", gap="small"):
        st.html(heading_with_note("Artifacts", artifact_counts(newest_first)))
        if not artifacts:
            st.html(paragraph("Nothing has been saved.", "arkor-empty", role="status"))
        _rows(job_id, newest_first[:SHOWN])
        earlier = newest_first[SHOWN:]
        if earlier:
            _earlier(job_id, earlier)


def artifact_counts(saved: Sequence[SavedArtifact]) -> str:
    """`Final 2 · Checkpoint 1`. The metadata card counts the final ones only."""
    counts = Counter(artifact.stage for artifact in saved)
    return " · ".join(f"{_STAGES[stage]} {count:,}" for stage, count in counts.items())


def _earlier(job_id: str, earlier: Sequence[SavedArtifact]) -> None:
    shown = earlier[:MOST_SHOWN]
    more = f", the newest {MOST_SHOWN} of which are listed" if len(earlier) > MOST_SHOWN else ""
    folded = st.expander(f"{len(earlier):,} earlier{more}", key="artifacts_earlier", on_change="rerun")
    with folded:
        if folded.open:
            _rows(job_id, shown)


def _rows(job_id: str, artifacts: Sequence[SavedArtifact]) -> None:
    store = dashboard().source.artifacts
    for artifact in artifacts:
        with st.container(
            horizontal=True,
            vertical_alignment="center",
            horizontal_alignment="distribute",
            gap="small",
        ):
            if store is None or not artifact.name:
                st.html(f'<code class="arkor-artifact-name">{escape(_file(artifact))}</code>')
            else:
                with st.container(width="content"):
                    if artifact.size_bytes is not None and artifact.size_bytes <= DOWNLOAD_LIMIT:
                        _download(store, job_id, artifact)
                    else:
                        _link(store, job_id, artifact)
            st.html(_facts(artifact), width="content")


def _file(artifact: SavedArtifact) -> str:
    """`checkpoint-1/weights (2.0 kB)`."""
    size = "" if artifact.size_bytes is None else f" ({size_text(artifact.size_bytes)})"
    return f"{shown_name(artifact)}{size}"


def shown_name(artifact: SavedArtifact) -> str:
    return shortened(artifact.name, NAME_LIMIT) or "Without a name"


def _facts(artifact: SavedArtifact) -> str:
    facts = [
        artifact.kind if artifact.kind not in _USUAL_KINDS else "",
        f"step {shown_step(artifact.step)}" if artifact.step is not None else "",
        "folder" if artifact.is_folder else "",
        "" if artifact.at_ms is None else f"{local_time(artifact.at_ms):%Y-%m-%d %H:%M:%S}",
    ]
    return (
        f'<div class="arkor-artifact">'
        f'<span class="arkor-chip arkor-stage-{artifact.stage}">{_STAGES[artifact.stage]}</span>'
        f"{paragraph(' · '.join(filter(None, facts)), 'arkor-note')}</div>"
    )


def _download(store: ArtifactStore, job_id: str, artifact: SavedArtifact) -> None:
    """A button for each step. It names the file, since the page has such a button for each artifact."""
    name, shown = artifact.name, markdown_text(shown_name(artifact))
    labels = Labels(
        offer=f"Download {markdown_text(_file(artifact))}",
        working=f"Fetching {shown}…",
        ready=f"Save {shown}",
    )
    download = Download(
        id=("artifact", job_id, name, artifact.at_ms),
        group="artifact",
        file_name=_file_name(artifact),
        mime="application/octet-stream",
        make=lambda unwanted: fetch(store, job_id, name, unwanted),
    )
    offer_download(download, labels, key=f"artifact_{key_part(name)}")


def _link(store: ArtifactStore, job_id: str, artifact: SavedArtifact) -> None:
    """A link for an artifact that is too large to be held in memory, or whose size is unknown."""
    name, saved_as = artifact.name, _file_name(artifact)
    file_link(
        f"Download {_file(artifact)}",
        f"artifact_{key_part(name)}",
        lambda: FileStream(saved_as, streamed(store, job_id, name)),
    )


def _file_name(artifact: SavedArtifact) -> str:
    name = PurePosixPath(artifact.name).name
    return file_name(name, ".tar" if artifact.is_folder else "", otherwise="artifact")


def streamed(store: ArtifactStore, job_id: str, name: str) -> Iterator[bytes]:
    """The bytes of an artifact, piece by piece. Raises: SourceError: the source does not serve the artifact."""
    with store.download(job_id, name) as pieces:
        yield from pieces


def fetch(store: ArtifactStore, job_id: str, name: str, unwanted: Event) -> bytes:
    """The bytes of an artifact. Stops early, with an error, once `unwanted` is set.

    Raises: SourceError: the source does not serve the artifact, or it is larger than `DOWNLOAD_LIMIT`.
    """
    content = io.BytesIO()
    with store.download(job_id, name) as pieces:
        for piece in pieces:
            content.write(piece)
            if unwanted.is_set():
                raise RefusedError("Another download was started.")
            if content.tell() > DOWNLOAD_LIMIT:  # a folder's archive is somewhat larger than its files
                raise RefusedError(
                    f"The artifact is larger than {size_text(DOWNLOAD_LIMIT)}, which is too large to download here."
                )
    return content.getvalue()
