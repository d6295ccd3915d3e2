"""The colours of a run's output, from a real run to the page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.servers.app import App, launch, stop

from .conftest import PATIENCE_MS
from .reading import open_job, wait_for_value

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

PROJECT = """
import sys
from arkor_dash.sdk import create_arkor, create_trainer

def train(run):
    sys.stdout.buffer.write({printed!r})
    sys.stdout.flush()
    run.log(1, loss=1.0)

arkor = create_arkor(trainer=create_trainer(name="colourful", train=train))
"""
HOSTILE = '<script>window.hacked = 1</script><img src=x onerror="window.hacked = 1">'
SIXTEEN = [*range(30, 38), *range(90, 98)]
PRINTED = b"".join(
    [
        b"plain line\n",
        *(
            b"\x1b[%dmcolour %d\x1b[0m \x1b[2;%dmdim\x1b[22;7mreversed\x1b[0m\n" % (code, code, code)
            for code in SIXTEEN
        ),
        *(
            b"\x1b[48;5;%dmon %d\x1b[0m \x1b[38;5;%dmof 256\x1b[0m\n" % (code, code, code)
            for code in range(0, 256, 5)
        ),
        *(b"\x1b[38;2;%d;%d;%dmtrue\x1b[0m\n" % (red, 255 - red, 200) for red in range(0, 256, 51)),
        b"\x1b[37;44m white on blue \x1b[0m \x1b[30;43m black on yellow \x1b[0m\n",
        b"\x1b[1mbold\x1b[0m \x1b[2mdim\x1b[0m \x1b[3mitalic\x1b[0m \x1b[4munderline\x1b[0m \x1b[9mstruck\x1b[0m\n",
        b"\x1b[4;9mboth\x1b[0m \x1b[7mreversed\x1b[0m \x1b]8;;https://evil.example\x1b\\link\x1b]8;;\x1b\\\n",
        b"\x1b[31mred over\nthe end of a line\x1b[0m\n",
        b"\x1b[33m 10%\r 50%\r100%\x1b[0m\n",
        f"\x1b[32m{HOSTILE}\x1b[38;2;999;1;1m\x1b[38;2;red;url(x)m{HOSTILE}\x1b[0m\n".encode(),
        b"\x1b[31;42\x1b[mcut off\nthe end\n",
    ]
)


@dataclass(frozen=True)
class Run:
    """A run that has printed `PRINTED`, and the page of its job."""

    app: App
    job: str


@pytest.fixture(scope="module")
def run(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    folder = tmp_path_factory.mktemp("colours")
    entry = folder / "project" / "src" / "arkor" / "index.py"
    entry.parent.mkdir(parents=True)
    entry.write_text(PROJECT.format(printed=PRINTED))
    app = launch(folder / "app", {"ARKOR_PROJECT_DIR": str(folder / "project")})
    context = browser.new_context()
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto(app.url)
    page.locator(".st-key-run_training button").click()
    expect(page.locator(".st-key-run_log")).to_contain_text("the end")
    open_job(page, page.locator(".st-key-recent_jobs tbody tr").first)
    expect(page.locator(".st-key-job_status")).to_have_text("Completed")
    job = page.url
    context.close()
    yield Run(app, job)
    stop(app)


def output(browser: Browser, run: Run, *, width: int = 1280, scheme: str = "light") -> Page:
    """The job's page with its output open."""
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto(f"{run.job}&tab=output")
    expect(page.locator(".st-key-output li").get_by_text("the end", exact=True)).to_be_visible()
    return page


def look(page: Page, text: str, style: str) -> str:
    """The computed style of the first span with this text."""
    value: str = (
        page.locator(".st-key-output li span")
        .get_by_text(text, exact=True)
        .first.evaluate("(span, name) => getComputedStyle(span)[name]", style)
    )
    return value


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_colour_of_the_output_is_readable(browser: Browser, run: Run, scheme: str, width: int) -> None:
    page = output(browser, run, width=width, scheme=scheme)
    script = (Path(__file__).parent / "contrast.js").read_text(encoding="utf-8")
    wait_for_value(lambda: page.evaluate(script), [])
    page.context.close()


@pytest.mark.parametrize(
    ("scheme", "red", "true"),
    [("light", "rgb(185, 28, 28)", "rgb(0, 129, 99)"), ("dark", "rgb(248, 113, 113)", "rgb(0, 255, 200)")],
)
def test_a_colour_follows_the_theme(browser: Browser, run: Run, scheme: str, red: str, true: str) -> None:
    page = output(browser, run, scheme=scheme)
    assert look(page, "colour 31", "color") == red
    assert look(page, "true", "color") == true
    page.context.close()


def test_attributes_and_backgrounds_are_those_that_were_asked_for(browser: Browser, run: Run) -> None:
    page = output(browser, run)
    assert look(page, "bold", "fontWeight") == "700"
    assert look(page, "italic", "fontStyle") == "italic"
    assert look(page, "underline", "textDecorationLine") == "underline"
    assert look(page, "struck", "textDecorationLine") == "line-through"
    assert look(page, "both", "textDecorationLine") == "underline line-through"
    assert look(page, " white on blue ", "color") == "rgb(229, 229, 229)"
    assert look(page, " white on blue ", "backgroundColor") == "rgb(0, 0, 238)"
    assert look(page, "the end of a line", "color") == look(page, "colour 31", "color")
    assert look(page, "dim", "color") != look(page, "colour 30", "color")
    page.context.close()


def test_the_text_can_be_copied_and_found_and_is_downloaded_as_it_was_printed(
    browser: Browser, run: Run
) -> None:
    page = output(browser, run)
    rows = page.locator(".st-key-output li")
    text = re.sub(rb"\x1b\[[0-9:;]*m|\x1b\]8;;[^\x1b]*\x1b\\|[^\r\n]*\r", b"", PRINTED).decode()
    text = text.replace("\x1b[38;2;red;url(x)m", "ed;url(x)m").replace("\x1b[31;42", "[31;42")
    shown = rows.all_inner_texts()
    printed = text.splitlines()
    start = shown.index("plain line")
    assert shown[start : start + len(printed)] == printed
    copied = page.evaluate(
        """() => {
          getSelection().selectAllChildren(document.querySelector(".st-key-output .arkor-rows-list"));
          return getSelection().toString();
        }"""
    )
    assert "\n".join(printed) in copied
    assert page.evaluate("() => { getSelection().empty(); return find('white on blue   black on yellow') }")
    with page.expect_download() as started:
        page.locator(".st-key-output").get_by_text("Download the log").click()
    assert PRINTED in started.value.path().read_bytes()
    page.context.close()


def test_markup_in_coloured_output_is_text(browser: Browser, run: Run) -> None:
    page = output(browser, run)
    row = page.locator(".st-key-output li").filter(has_text="window.hacked").first
    assert row.inner_text() == f"{HOSTILE}ed;url(x)m{HOSTILE}"
    assert row.locator("span").count() == 1
    assert page.locator(".st-key-output li :not(span)").count() == 0
    assert page.evaluate("window.hacked") is None
    assert page.locator(".st-key-output [style*=url]").count() == 0
    page.context.close()
