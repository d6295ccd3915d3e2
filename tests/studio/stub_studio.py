"""The Studio with other commands: `stub_studio.py TRAINER_CODE MANIFEST_CODE ARGUMENTS…`.

STUB_LIMIT_S, if it is set, replaces how long the Studio waits for the end of runs and of answers.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from arkor_dash.studio.__main__ import main
from arkor_dash.studio.api import server
from arkor_dash.studio.context import Commands
from arkor_dash.studio.runs import children, launcher

TRAINER = Path(__file__).with_name("stub_trainer.py")

if __name__ == "__main__":
    if limit_s := os.environ.get("STUB_LIMIT_S"):
        launcher.TERMINATED_S = launcher.STOP_LIMIT_S = server.LAST_ANSWERS_S = int(limit_s)
        children.END_LIMIT_S = int(limit_s)
    trainer, manifest, *arguments = sys.argv[1:]
    commands = Commands((sys.executable, str(TRAINER), trainer), (sys.executable, "-c", manifest))
    sys.exit(main(arguments, commands))
