"""Set-up of aaa_tf: ranges here, exact versions in constraints.txt."""

import pathlib
import re

from setuptools import find_packages, setup

ROOT = pathlib.Path(__file__).parent
VERSION = re.search(r'__version__ = "(.+)"', (ROOT / "aaa_tf" / "__init__.py").read_text()).group(1)
COMMANDS = (
    "train_classifier",
    "train_aaa",
    "evaluate",
    "wrap_classifier",
    "compare",
    "serve",
    "query",
    "reproduce",
)

setup(
    name="aaa_tf",
    version=VERSION,
    description="A robust front end for image classifiers that nobody retrains",
    long_description=(ROOT / "README.md").read_text(),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    packages=find_packages(include=["aaa_tf", "aaa_tf.*"]),
    package_data={
        "aaa_tf.experiments": ["paper/*.json"],
        "aaa_tf.evaluation": ["templates/*.html"],
        "aaa_tf.serving": ["batching.config"],
    },
    python_requires=">=3.11,<3.14",
    install_requires=[
        "absl-py>=2.1",
        "cleverhans>=4.0,<5",
        "grpcio>=1.60",
        "h5py>=3.11",
        "importlib_resources>=6.0",
        "jinja2>=3.1",
        "keras>=3.15,<4",
        "markupsafe>=2.1",
        "matplotlib>=3.9",
        "numpy>=2.0",
        "pillow>=10.0",
        "protobuf>=6.31",
        "scikit-learn>=1.5",
        "scipy>=1.13",
        "tensorboard>=2.20",
        "tensorflow>=2.21,<2.22",
        "tensorflow-datasets>=4.9.9",
    ],
    extras_require={
        "art": ["adversarial-robustness-toolbox>=1.20"],
        # Other people's implementations, which the tests of serving compare ours with.
        "serving": ["openvino>=2026.4", "tensorflow-serving-api>=2.21,<2.22"],
        "test": [
            "adversarial-robustness-toolbox>=1.20",
            "pytest>=8.0",
            "pytest-xdist>=3.6",
            "ruff>=0.9",
        ],
    },
    # A path file, not a finder: Python run beside the clone would take the clone for the package.
    options={"editable_wheel": {"mode": "compat"}},
    entry_points={
        "console_scripts": [f"{command} = aaa_tf.cli.{command}:run" for command in COMMANDS]
    },
)
