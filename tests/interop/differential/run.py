#!/usr/bin/env python3
"""Starts the Spring Eureka server and musterd, compares them, and stops both. Arguments are passed on to compare.py."""
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "support"))

from servers import CACHE, Musterd, Spring, StartFailed


def main():
    directory = CACHE / "differential"
    shutil.rmtree(directory, ignore_errors=True)
    try:
        with Spring(directory / "reference") as reference, Musterd(directory / "tested") as tested:
            return subprocess.run([sys.executable, str(HERE / "compare.py"), "--reference", reference.base, "--tested", tested.base,
                                   *sys.argv[1:]], check=False).returncode
    except StartFailed as error:
        print(f"FAILED: {error}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
