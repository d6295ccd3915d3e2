"""The Studio with other commands: `stub_studio.py TRAINER_CODE MANIFEST_CODE ARGUMENTS…`."""

from __future__ import annotations

import sys
from pathlib import Path

from arkor_dash.studio.__main__ import main
from arkor_dash.studio.context import Commands

TRAINER = Path(__file__).with_name("stub_trainer.py")

if __name__ == "__main__":
    trainer, manifest, *arguments = sys.argv[1:]
    commands = Commands((sys.executable, str(TRAINER), trainer), (sys.executable, "-c", manifest))
    sys.exit(main(arguments, commands))
