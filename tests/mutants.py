#!/usr/bin/env python3
"""Takes one rule of the ledger away after the other, in a clone of the last commit, and says whether a test misses it.

Needs what `dotnet test` needs, PostgreSQL included. Ends with 1 when a mutant survives.
"""
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROJECT = "tests/Clawdex.SessionService.Postgres.Tests"
CLASSES = ["*SeveralGatewaysProperties", "*SeveralGatewaysTests", "*OwnerTests"]

MUTANTS = [
    (
        "accept: a turn behind another gateway's does not wait",
        "Clawdex.SessionService/Turns/TurnLedger.cs",
        "turn.Owner = isAnsweredElsewhere ? Turn.Waiting : message.Gateway;",
        "turn.Owner = message.Gateway;",
    ),
    (
        "settle: what waits is not handed over",
        "Clawdex.SessionService/Turns/TurnOwners.cs",
        "if (gateway.Length == 0 || !await HasWaiting(db, sessionId))",
        "if (gateway.Length == 0 || await HasWaiting(db, sessionId) || true)",
    ),
    (
        "claim: what another living gateway has is taken",
        "Clawdex.SessionService/Turns/TurnOwners.cs",
        "living.Id == other.Owner && !living.Dead",
        "living.Id == other.Owner && living.Dead && !living.Dead",
    ),
    (
        "life: who was late itself judges others",
        "Clawdex.SessionService/Storage/Postgres/GatewayLives.cs",
        "AND judge.steady_since <= {{Now}} - {1})",
        "AND judge.steady_since <= {{Now}} + {1})",
    ),
    (
        "life: a dead gateway comes back under its id",
        "Clawdex.SessionService/Storage/Postgres/GatewayLives.cs",
        "lives_until = {{Now}} + {2}\n                WHERE NOT gateways.dead",
        "lives_until = {{Now}} + {2}, dead = false",
    ),
    (
        "stop: nobody tells the gateway that answers",
        "Clawdex.SessionService/Turns/TurnOwners.cs",
        "first.StopRequested = true;",
        "first.StopRequested = false;",
    ),
    (
        "fence: whoever calls may change a turn",
        "Clawdex.SessionService/Model/Turn.cs",
        "gateway.Length == 0 || Owner.Length == 0 || Owner == gateway;",
        "gateway.Length >= 0 || Owner.Length == 0 || Owner == gateway;",
    ),
]


def dotnet(folder, *arguments):
    return subprocess.run(["dotnet", *arguments], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def is_missed(folder):
    built = dotnet(folder, "build", "-v", "q", PROJECT)
    if built.returncode != 0:
        sys.exit(built.stdout)
    filters = [part for name in CLASSES for part in ("--filter-class", name)]
    # Gateways that take each other's turns do so for ever.
    return dotnet(folder, "test", "--no-build", "--project", PROJECT, "--timeout", "2m", *filters).returncode != 0


def main():
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["git", "clone", "-q", str(ROOT), folder], check=True)
        if is_missed(folder):
            sys.exit("The tests fail as it is.")
        survived = 0
        for name, path, rule, without in MUTANTS:
            file = pathlib.Path(folder, path)
            text = file.read_text()
            if text.count(rule) != 1:
                sys.exit(f"{path} has changed: {rule}")
            file.write_text(text.replace(rule, without))
            missed = is_missed(folder)
            file.write_text(text)
            survived += not missed
            print(f"{'caught' if missed else 'SURVIVED'}: {name}", flush=True)
    return survived > 0


if __name__ == "__main__":
    sys.exit(main())
