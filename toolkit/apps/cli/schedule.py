"""Make a report at fixed times: print, install or remove lines for cron and systemd, or run in the foreground."""

from __future__ import annotations

import argparse
import sys

from toolkit.apps.cli.parser import Parser, checked, reads
from toolkit.apps.cli.report import add_notebook, add_notify
from toolkit.apps.schedule.every import run_every
from toolkit.apps.schedule.github import github_workflow
from toolkit.apps.schedule.installing import WAYS, install, remove
from toolkit.apps.schedule.lines import ReportJob, cron_line, job_of, schedule, systemd_units
from toolkit.core.errors import InvalidValue
from toolkit.core.params import Param
from toolkit.core.quantities import parse_age, parse_duration


def configure(parser: Parser, arguments: list[str]) -> None:
    add_notebook(parser)
    add_notify(parser)
    add = parser.add_argument
    age = checked(lambda text: _text_of(parse_age(text, name="keep", owner=parser.prog), text))
    add(
        "--keep",
        type=age,
        metavar="AGE",
        help="afterwards delete reports of this notebook older than 12h, 30d or 8w",
    )
    count = reads(Param(name="keep-last", default=1, low=1, high=100_000), parser.prog)
    add(
        "--keep-last",
        type=count,
        metavar="N",
        help="afterwards delete all but the newest N reports, except those that --keep keeps",
    )
    when = parser.add_mutually_exclusive_group(required=True)
    cron_help = 'times of the report: five cron fields, such as "0 3 * * *", or @daily'
    when.add_argument("--cron", metavar="EXPRESSION", help=cron_help)
    every_help = "run in the foreground, for containers: make the report now and then every 30m, 6h or 1d"
    when.add_argument("--every", type=checked(_interval_s), metavar="TIME", help=every_help)
    when.add_argument(
        "--remove", action="store_true", help="remove the schedule that --install wrote, after a question"
    )
    how = parser.add_mutually_exclusive_group()
    how.add_argument(
        "--install",
        choices=WAYS,
        help=("write the schedule into the user's crontab or systemd folder, after a question"),
    )
    how.add_argument("--github", action="store_true", help="print a GitHub Actions workflow")
    add("--yes", action="store_true", help="change the schedule without asking first")


def run(args: argparse.Namespace) -> None:
    options = {"--notify": args.notify, "--keep": args.keep, "--keep-last": args.keep_last}
    more = [word for name, value in options.items() if value for word in (name, str(value))]
    job = job_of(args.name, preset=args.preset, parameters=dict(args.parameter), more=more)
    if args.every is not None:
        _refuse_with_every(args)
        run_every(job, args.every, tell=lambda sentence: print(sentence, file=sys.stderr, flush=True))
    elif args.remove:
        _ask(args, f"Remove the report {job.notebook} from crontab and systemd?")
        print("\n".join(remove(job)) or f"Neither the crontab nor systemd has the report {job.notebook}.")
    elif args.install:
        print(_installed(job, args), file=sys.stderr)
        _ask(args, f"Write these lines for {args.install}?")
        print(install(job, args.cron, args.install))
    else:
        print(_text(job, args))


def _installed(job: ReportJob, args: argparse.Namespace) -> str:
    """The cron line or systemd units that --install writes."""
    return (
        cron_line(job, args.cron)
        if args.install == "cron"
        else "\n".join(systemd_units(job, args.cron).values())
    )


def _text(job: ReportJob, args: argparse.Namespace) -> str:
    return github_workflow(job, args.cron) if args.github else schedule(job, args.cron)


def _refuse_with_every(args: argparse.Namespace) -> None:
    if args.install or args.github:
        raise InvalidValue("--every runs in the foreground; use --cron with --install or --github.")


def _ask(args: argparse.Namespace, question: str) -> None:
    """Ask a yes-or-no question; any other answer than yes ends the command."""
    if args.yes:
        return
    if not sys.stdin.isatty():
        raise InvalidValue(f"{question} There is no terminal at which to ask this question; add --yes.")
    if input(f"{question} [y/N] ").strip().lower() not in ("y", "yes"):
        raise InvalidValue("the answer to the question was not yes, so the schedule was not changed.")


def _text_of(value: float, text: str) -> str:
    """The text of a checked value, which becomes a part of a command line."""
    return text


def _interval_s(text: str) -> float:
    return parse_duration(text, name="every", owner="atelier schedule")
