"""`python -m sandbox demo | play | serve`."""

import argparse
import sys
from pathlib import Path

from sandbox.preflight import NotReadyError


def main(arguments: list[str]) -> int:
    """Run one of the sandbox's commands; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("demo", help="watch a good and a bad release go through, checked")
    commands.add_parser("play", help="start and stay: the console is for you")
    server = commands.add_parser("serve", help="only the server (the others start it)")
    server.add_argument("--port", type=int, required=True)
    server.add_argument("--scratch", type=Path, required=True)
    server.add_argument("--lifeline", type=int)
    options = parser.parse_args(arguments)
    try:
        if options.command == "serve":
            from sandbox.server import serve

            serve(port=options.port, scratch=options.scratch, lifeline=options.lifeline)
            return 0
        from sandbox.demo import run

        return run(stay=options.command == "play")
    except NotReadyError as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
