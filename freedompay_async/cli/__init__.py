"""The command `freedompay`."""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> None:
    """Run the command; without the extra `cli`, say how to get it."""
    try:
        import rich  # noqa: F401, PLC0415
        import typer  # noqa: F401, PLC0415
    except ImportError as error:
        sys.exit(f"freedompay: {error.name} is not installed: pip install 'freedompay-async[cli]'")
    from freedompay_async.cli.app import app  # noqa: PLC0415

    app()
