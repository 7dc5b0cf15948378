"""`python -m freedompay_async.cli`."""

from freedompay_async.cli import main

main()
