"""The commands in bin/: flags in, files out; exit code 2 for input that cannot be used.

The only package that knows absl's flags. Nothing below it reads a flag or prints a table.
"""

import os

# TensorFlow's start-up notices (processor features, missing GPU) would bury the first lines.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
