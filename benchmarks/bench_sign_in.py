"""Whether the time of a refused sign-in tells which names exist: a name that somebody has against one that nobody has, try by try.

    python benchmarks/bench_sign_in.py [--tries 1000] [--iterations 20000]
    python -m tests.postgres python benchmarks/bench_sign_in.py

It fills a database of its own. The tries come by turns, each from an address of its own, so that no door closes; what counts is the process's own
time. `--iterations` makes the password's hash cheaper than an installation's (870,000 and more), so that all else weighs more than it does there.
The promise: the medians differ by less than 5 %.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from io import StringIO
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[1]
MOST = 0.05


def main() -> int:
    options = arguments()
    import django

    django.setup()
    from django.contrib.auth.hashers import PBKDF2PasswordHasher
    from django.core.management import call_command
    from django.test import Client

    PBKDF2PasswordHasher.iterations = options.iterations
    from tests.factories.portal import person

    call_command("migrate", verbosity=0)
    call_command("sync_roles", verbosity=0, stdout=StringIO())
    names = {"known": person("Ana Ruiz", password="a long enough secret").username, "unknown": "ana.ruiz-0"}  # noqa: S106 - nobody's
    took: dict[str, list[float]] = {who: [] for who in names}
    for number in range(options.tries + 20):
        for who, name in names.items():
            # Ten refusals of one account from one address are told; the door closes after five.
            client = Client(REMOTE_ADDR=f"10.{number // 250}.{number % 250}.{1 + (who == 'known')}")
            began = time.process_time()
            answer = client.post("/admin/login/", {"username": name, "password": "not the secret"})
            # The first ones load the code.
            if number >= 20:
                took[who].append(time.process_time() - began)
            assert b"do not open the portal" in answer.content
    medians = {who: statistics.median(each) for who, each in took.items()}
    apart = abs(medians["known"] - medians["unknown"]) / min(medians.values())
    said = ", ".join(f"{who} {1_000 * each:.2f} ms" for who, each in medians.items())
    print(
        f"{options.tries} tries each, hash of {options.iterations:,} rounds: {said}; {apart:.1%} apart   {'kept' if apart < MOST else 'NOT KEPT'}"
    )
    return 0 if apart < MOST else 1


def arguments() -> Any:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tries", type=int, default=1_000)
    parser.add_argument("--iterations", type=int, default=870_000)
    return parser.parse_args()


if __name__ == "__main__":
    sys.path.insert(0, str(PROJECT))
    os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings.development"
    with tempfile.TemporaryDirectory() as folder:
        os.environ["PORTAL_VAR"] = folder
        sys.exit(main())
