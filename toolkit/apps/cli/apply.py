"""Run one operation on a picture and write the result to a file, or on several pictures into a folder."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolkit.apps.cli.parser import Parser, checked, reads
from toolkit.apps.cli.picture_paths import Job, is_folder, jobs_into, made_folder, pictures
from toolkit.apps.cli.shared_options import (
    add_config,
    add_operation_options,
    is_configured,
    params_of,
    placement_of,
)
from toolkit.apps.cli.tile_bar import tile_bar
from toolkit.contracts.apply import apply, apply_many
from toolkit.contracts.notation import parse_steps
from toolkit.contracts.operation import OPERATIONS
from toolkit.core import units
from toolkit.core.errors import AtelierError, InvalidValue, invalid
from toolkit.core.params import Param
from toolkit.images.decode import decode
from toolkit.images.encode import QUALITY, has_quality, holds, holds_exif
from toolkit.images.image import Image, check_destination, save
from toolkit.images.metadata import NO_METADATA, Metadata
from toolkit.images.photos import photo_file
from toolkit.kernels.compiled_cache import cache_folder

if TYPE_CHECKING:
    from toolkit.studies.tune.configured import ConfiguredOperation

SOME_FAILED = 4

_AT_A_TIME, _PX_AT_A_TIME = 16, 16_000_000
"""Largest number of pictures and of pixels in memory at once; the model is loaded once for such a group of pictures."""

_MOST_NAMED = 5  # largest number of failed pictures whose names the final summary prints
_MAX_MP = Param(name="max-megapixels", default=4.0, low=0.001, high=400.0)
_QUALITY = Param(name="quality", default=QUALITY, low=1, high=100)


def configure(parser: Parser, arguments: list[str]) -> None:
    add = parser.add_argument
    if not is_configured(arguments):
        add("operation", metavar="OPERATION", help="name of an operation, from: atelier list operations")
    in_help = "a picture file, a folder of picture files, or a name from: atelier list images"
    add("images", nargs="+", metavar="IN", help=in_help)
    out_help = "the file to write (its suffix sets the format), or a folder for several pictures"
    add("out", metavar="OUT", help=out_help)
    existing = parser.add_mutually_exclusive_group()
    existing.add_argument("--force", action="store_true", help="overwrite OUT")
    skip_help = "leave out pictures whose result exists"
    existing.add_argument("--skip-existing", action="store_true", help=skip_help)
    quality_help = f"quality of JPEG and WebP files, 1 to 100; default {QUALITY}"
    add("--quality", type=reads(_QUALITY, "atelier apply"), metavar="N", help=quality_help)
    step_help = "run these operations on the picture before OPERATION, such as fit_pixels:pixels=4000000"
    add("--step", type=checked(parse_steps), default=(), metavar="STEPS", help=step_help)
    mp_help = "shrink a larger picture to at most this many millions of pixels first"
    most_mp = reads(_MAX_MP, "atelier apply", has_default=False)
    add("--max-megapixels", type=most_mp, metavar="MP", help=mp_help)
    strip_help = "write no EXIF data and no colour profile; default: keep those of the picture"
    add("--strip", action="store_true", help=strip_help)
    usage = "atelier apply OPERATION IN [IN ...] OUT [--parameter VALUE ...]"
    if not add_config(parser, arguments, usage=usage):
        add_operation_options(parser, arguments, usage=usage)


def run(args: argparse.Namespace) -> int:
    if args.config is None:
        return _run(args, _Work(args))
    from toolkit.studies.tune.configured import load_config

    with load_config(args.config) as configured:
        return _run(args, _Work(args, configured))


def _run(args: argparse.Namespace, work: _Work) -> int:
    if is_folder(args.out, args.images):
        return _into_folder(work, pictures(args.images), Path(args.out))
    if args.quality is not None and not has_quality(Path(args.out).suffix.lower()):
        raise InvalidValue(f"--quality needs a JPEG or WebP file as OUT; got {args.out!r}.")
    if args.skip_existing and Path(args.out).exists():
        work.tell(f"{args.out} exists, so {args.images[0]} is skipped")
        return 0
    job = Job(args.images[0], check_destination(args.out, force=args.force))
    if work.resolved.get("output") == "cutout" and not holds(job.out.suffix.lower(), 4):
        hint = "Save as .png, or give --output composite."
        raise invalid(
            "OUT",
            work.operation.name,
            "of a format with alpha, because the result is a cutout",
            args.out,
            hint,
        )
    picture = work.read(job)
    work.write(job, work.made(picture))
    return 0


def _into_folder(work: _Work, names: Sequence[str], folder: Path) -> int:
    """Write each result under the name of its picture; print an error for each picture that fails, and go on."""
    is_new = made_folder(folder)
    try:
        to_do, existing, refused = jobs_into(
            folder,
            names,
            channels=work.operation.shape(1, 1, work.resolved)[2],
            force=work.args.force,
            skip_existing=work.args.skip_existing,
        )
        for name, error in refused:
            work.fail(name, error)
        _do(work, to_do)
    finally:
        if is_new and not any(folder.iterdir()):
            folder.rmdir()
    counts = [f"{work.done} done"]
    if existing:
        counts.append(f"{len(existing)} skipped, because their results already exist")
    if work.failed:
        n_more = len(work.failed) - _MOST_NAMED
        more = f" and {units.counted(n_more, 'more picture')}" if n_more > 0 else ""
        counts.append(f"{len(work.failed)} failed ({', '.join(work.failed[:_MOST_NAMED])}{more})")
    if work.failed or not work.args.quiet:
        noun = "picture" if len(names) == 1 else "pictures"
        print(f"atelier: {len(names)} {noun}: {', '.join(counts)}.", file=sys.stderr)
    return SOME_FAILED if work.failed else 0


def _do(work: _Work, jobs: Sequence[Job]) -> None:
    from tqdm import tqdm

    # disable=None shows the bar only in a terminal; elsewhere the line for each picture shows the progress.
    with tqdm(total=len(jobs), unit="picture", leave=False, disable=work.args.quiet or None) as bar:
        try:
            for group in _groups(work, jobs, bar):
                outputs = work.all_made([picture for _, picture in group])
                for (job, _), output in zip(group, outputs, strict=True):
                    with bar.external_write_mode(file=sys.stderr):
                        work.write_or_fail(job, output)
                    bar.update()
        except KeyboardInterrupt:
            to_go_on = "to continue, repeat the command with --skip-existing"
            to_go_on = f"{work.done} of {len(jobs)} pictures are done; {to_go_on}"
            raise KeyboardInterrupt(f"interrupted; {to_go_on}.") from None


def _groups(work: _Work, jobs: Sequence[Job], bar: Any) -> Iterator[list[tuple[Job, Image]]]:
    """Yield the readable pictures with their jobs, in groups that fit into memory."""
    group: list[tuple[Job, Image]] = []
    pixels = 0
    for job in jobs:
        try:
            with bar.external_write_mode(file=sys.stderr):
                picture = work.read(job)
        except AtelierError as error:
            work.fail(job.name, error)
            bar.update()
            continue
        group.append((job, picture))
        pixels += picture.shape[0] * picture.shape[1]
        if len(group) == _AT_A_TIME or pixels >= _PX_AT_A_TIME:
            yield group
            group, pixels = [], 0
    if group:
        yield group


@dataclass
class _Work:
    """Reads pictures, writes results, and prints a line for each picture, according to the command's options."""

    args: argparse.Namespace
    configured: ConfiguredOperation | None = None
    done: int = 0
    failed: list[str] = field(default_factory=list)
    _metadata: dict[Path, Metadata] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.configured is not None:
            self.operation, self.how = self.configured.operation, dict(self.configured.trial.params)
            self.resolved, self.threads = (
                self.configured.trial.resolved,
                self.configured.trial.placement.threads,
            )
        else:
            self.operation = OPERATIONS[self.args.operation]
            self.how = {**placement_of(self.args), **params_of(self.args)}
            self.resolved, self.threads = self.operation.resolve(params_of(self.args)), self.args.threads
        self.steps: list[tuple[str, Any]] = list(self.args.step)
        if self.args.max_megapixels:
            self.steps.insert(0, ("fit_pixels", {"pixels": round(1e6 * self.args.max_megapixels)}))

    def made(self, picture: Image) -> Image:
        """The result of the operation on one picture."""
        self._announce_compiling(picture)
        with tile_bar(quiet=self.args.quiet):
            if self.configured is not None:
                return self.configured(picture)
            return apply(self.operation.name, picture, **self.how)

    def _announce_compiling(self, picture: Image) -> None:
        """Say in a terminal that the first call of a compiled kernel on this machine takes longer."""
        if self.configured is not None or self.args.quiet or not sys.stderr.isatty():
            return
        height, width = picture.shape[:2]
        chosen = self.how.get("backend") or self.operation.choose_backend(height, width, self.resolved)
        if chosen == "numba" and not cache_folder().exists():
            said = "compiling the operation's kernel, only once on this machine; atelier warm compiles all kernels"
            print(f"atelier: {said} ...", file=sys.stderr)

    def all_made(self, images: Sequence[Image]) -> list[Image | AtelierError]:
        """The result of the operation on each picture, or the error of a picture that has no result."""
        if self.configured is None:
            return apply_many(self.operation.name, images, **self.how)
        done: list[Image | AtelierError] = []
        for picture in images:
            try:
                done.append(self.configured(picture))
            except AtelierError as error:
                done.append(error)
        return done

    def read(self, job: Job) -> Image:
        """Read a picture, with alpha if the result can keep alpha; print which data of the file are dropped."""
        found, suffix = decode(photo_file(job.name)), job.out.suffix.lower()
        keeps_alpha = self.operation.keeps_alpha and holds(suffix, 4)
        losses = found.losses(keeps_alpha=keeps_alpha)
        self._metadata[job.out] = NO_METADATA if self.args.strip else found.metadata
        if self._metadata[job.out].exif and not holds_exif(suffix):
            losses.append(f"the EXIF data are dropped, because {suffix} files cannot store EXIF data")
        if losses and not self.args.quiet:
            print(f"atelier: {job.name}: {', '.join(losses)}.", file=sys.stderr)
        return self._stepped(found.with_alpha if keeps_alpha else found.image)

    def _stepped(self, picture: Image) -> Image:
        """Run the operations of --step on a picture; raise an error if one of them cannot keep the picture's alpha."""
        for name, params in self.steps:
            if picture.shape[2] not in OPERATIONS[name].channels_in:
                raise InvalidValue(
                    f"operation {name} of --step cannot keep the alpha of a picture; "
                    "save the picture without alpha first."
                )
            picture = apply(name, picture, threads=self.threads, **params)
        return picture

    def write(self, job: Job, result: Image) -> None:
        """Write a result with the metadata of its picture."""
        quality, metadata = self.args.quality or QUALITY, self._metadata.pop(job.out)
        save(result, job.out, force=self.args.force, quality=quality, metadata=metadata)
        self.done += 1
        height, width = result.shape[:2]
        untrained = " (untrained)" if self.how.get("weights") == "untrained" else ""
        self.tell(f"{job.out}: {self.operation.name}{untrained}, {width} x {height} px")

    def write_or_fail(self, job: Job, output: Image | AtelierError) -> None:
        """Write a result; if the operation or the writing failed, count this picture as failed."""
        try:
            if isinstance(output, AtelierError):
                raise output
            self.write(job, output)
        except AtelierError as error:
            self.fail(job.name, error)

    def fail(self, name: str, error: AtelierError) -> None:
        """Print why a picture failed, and keep the picture's name for the summary at the end of the command."""
        self.failed.append(name)
        print(f"atelier: {name} failed: {error}", file=sys.stderr)

    def tell(self, sentence: str) -> None:
        """Print a line for the user, except with the option --quiet."""
        if not self.args.quiet:
            print(sentence)
