"""Another Python process, which finds the modules that this one finds.

    subprocess.run(python_command("gate.py"), env=python_environment(CUDA_VISIBLE_DEVICES="-1"))

Its working directory and its program's folder add none to them.
"""

import os
import sys


def python_command(*arguments) -> list[str]:
    """This interpreter with `arguments`: a program and what it is given, or "-m" and a module."""
    # -P: neither the working directory nor the program's own folder is searched for modules.
    return [sys.executable, "-P", *map(str, arguments)]


def python_environment(**changes) -> dict:
    """This process' environment with `changes`, and the places where it looks for modules.

    TensorFlow may come from PYTHONPATH, from the user's own site-packages, or from where a program
    has put it into sys.path.
    """
    return os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)} | changes
