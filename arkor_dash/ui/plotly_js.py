"""plotly.js for the browser: the copy inside the installed plotly package, served as a static file."""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
from pathlib import Path

import plotly

log = logging.getLogger(__name__)


def publish(static_dir: Path) -> str | None:
    """Put plotly.js into the app's static folder; returns its address relative to the app, None if it can't be.

    The name carries plotly's version, so that a browser may keep the file. Streamlit serves no symbolic links.
    """
    source = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
    target = static_dir / f"plotly-{plotly.__version__}.min.js"
    try:
        if not target.is_file() or target.stat().st_size != source.stat().st_size:
            static_dir.mkdir(exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=static_dir, suffix=".tmp", delete=False) as part:
                with source.open("rb") as original:
                    shutil.copyfileobj(original, part)
                os.fchmod(part.fileno(), 0o644)
            Path(part.name).replace(target)
    except OSError as error:
        log.warning("plotly.js could not be copied to %s: %s", static_dir, error)
        return None
    return f"app/static/{target.name}"
