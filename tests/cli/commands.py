"""Commands and texts that several tests of the command use."""

import sys
import urllib.request

PROGRAM = (sys.executable, "-W", "error", "-m", "freedompay_async.cli")
PLAN = ("batch", "plan", "clients.csv", "--product", "2000")
ISSUE = ("batch", "issue", "clients.csv", "--journal", "run.db", "--product", "2000")
ISSUE_BY_TWOS = (*ISSUE, "--concurrency", "2")
ISSUE_GIFT = (
    *("gift-cards", "issue", "--cardholder-name", "IVAN", "--phone", "77010000001"),
    *("--product-code", "1", "--yes"),
)
HEADER = "key,phone,first_name,last_name\n"
STOPPING = (
    "stopping: no new row starts, and calls on the way are settled. Ctrl-C again aborts; the "
    "journal can be resumed."
)


def get(url: str) -> str:
    with urllib.request.urlopen(url) as response:
        return response.read().decode()
