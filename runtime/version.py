"""Which version this is."""

from importlib.metadata import PackageNotFoundError, version

try:
    VERSION = version("tenure")
except PackageNotFoundError:  # run from a folder that was never installed
    VERSION = "0"
