"""Papermill runs every notebook that ships, at a tiny size; its form is tested in tests/architecture."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from benchmarks.report_pages import opened, started_chromium
from toolkit.apps.report import parameters
from toolkit.apps.report.run import report

CHECKOUT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((CHECKOUT / "notebooks").glob("**/*.ipynb"))
PRESETS = sorted((CHECKOUT / "notebooks" / "presets").glob("**/*.yaml"))
SIZES = "0.004,0.006,0.008,0.01"
ONE = {"operations": "pencil_sketch", "images": "chelsea", "budget_s": "null"}
OPENCV = {**ONE, "backends": "opencv"}
# Untrained, or trained where there are weights; few processes of torch, which takes longest to start.
MODEL = {"untrained": "true", "precisions": "fp32", "threads": "1", "images": "chelsea", "budget_s": "null"}
TINY = {
    "00_tour": {"operation": "pencil_sketch", "megapixels": "0.004", "compare_s": "4"},
    "01_art_filters": {
        **OPENCV,
        "megapixels": SIZES,
        "workers_at_mp": "0.004",
        "ways": "opencv",
        "ways_at_mp": "0.004",
        "shrink_from_mp": "0.01",
        "shrink_to_mp": "0.005",
        "photo": "chelsea",
    },
    "05_trust": {"processes": "6", "comparisons": "20", "held_mb": "50", "megapixels": "0.01"},
    "10_resolution": {**OPENCV, "megapixels": SIZES},
    "15_filters": {**ONE, "megapixels": "0.004", "photo": "chelsea", "defect_mp": "0"},
    "20_super_resolution": {
        **MODEL,
        "models": "bicubic,espcn",
        "backends": "torch",
        "sizes": "32x24",
        "batch": "1,2",
    },
    "30_matting": {**MODEL, "models": "unet", "backends": "torch", "sizes": "48x48"},
    "40_anime": {**MODEL, "models": "cartoongan_paprika", "backends": "torch", "sizes": "32x32"},
}
"""Parameters with which a notebook takes seconds; one that is not named runs at its defaults."""
CASES = {
    "1_art_workshop": "art_workshop",
    "2_super_resolution_cpu": "super_resolution_cpu",
    "3_super_resolution_gpu": "super_resolution_gpu",
    "4_matting_batch": "matting_batch",
    "5_anime_multicore": "anime_multicore",
}
"""The case studies, and the words in the names of their presets."""
SMOKE = {
    "50_workers": Path("workers_smoke"),
    "60_batch": Path("batch_smoke"),
    "61_service": Path("service_smoke"),
    "70_tune": Path("tune_smoke"),
    "80_search": Path("search_smoke"),
    **{name: Path(f"cases/{words}_smoke") for name, words in CASES.items()},
    "90_history": Path("history_smoke"),
}
"""The preset with which a notebook takes seconds."""
FIGURES = {
    "00_tour": {"ratio"},
    "01_art_filters": {"contact_sheet", "backends", "latency", "workers", "memory"},
    "10_resolution": {"latency", "memory"},
    "15_filters": {"backends", "contact_sheet", "presets"},
    "20_super_resolution": {"pareto_1", "crops", "stages"},
    "30_matting": {"mattes", "presets", "stages"},
    "40_anime": {"styles", "crops", "differences", "stages"},
    "50_workers": {"scaling", "workers", "heat_map", "published"},
    **{name: {"procedures", "pictures"} for name in CASES},
    "80_search": {"front"},
    "90_history": {"history"},
}

EACH_LAYOUT = (
    "01_art_filters",
    "05_trust",
    "10_resolution",
    "15_filters",
    "20_super_resolution",
    "30_matting",
    "40_anime",
    "50_workers",
)
"""Notebooks whose pages have every kind of first screen, table, plot and picture between them."""

each = pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)


@pytest.fixture(scope="session")
def home(tmp_path_factory):
    """A checkout with these notebooks and a store and reports of its own; one store for all, as in real life."""
    root = tmp_path_factory.mktemp("home")
    (root / "notebooks").symlink_to(CHECKOUT / "notebooks")
    before = os.environ.get("ATELIER_HOME")
    os.environ["ATELIER_HOME"] = str(root)
    yield root
    del os.environ["ATELIER_HOME"]
    if before is not None:
        os.environ["ATELIER_HOME"] = before


@pytest.fixture(scope="session")
def made(home):
    """The page of a notebook's tiny run, made when first asked for."""
    pages = {}

    def page(name):
        if name not in pages:
            pages[name] = report(name, parameters=TINY.get(name, {}), preset=SMOKE.get(name), quiet=True)
        return pages[name]

    return page


@pytest.mark.parametrize("preset", PRESETS, ids=lambda path: path.stem)
def test_every_preset_fits_the_notebook_that_it_names(preset):
    first_line = preset.read_text().splitlines()[0]
    name = re.match(r"# ([\w/]+)", first_line).group(1)
    assert parameters.resolve(parameters.find(name), preset=preset, given={})


@each
def test_it_runs_and_keeps_its_figures_as_png_and_svg(made, notebook):
    page = made(notebook.stem)
    facts = json.loads((page.parent / "report.json").read_text())
    assert facts["status"] == "ok"
    figures = {suffix: {f.stem for f in page.parent.glob(f"figures/*.{suffix}")} for suffix in ("png", "svg")}
    assert figures["png"] == figures["svg"]
    assert FIGURES.get(notebook.stem, set()) <= figures["png"]


@pytest.mark.parametrize("name", FIGURES)
def test_its_rows_are_measured_and_right(made, name):
    rows = (made(name).parent / "tables" / "measurements.csv").read_text().splitlines()
    assert len(rows) > 1
    assert ",failed," not in "\n".join(rows)


@pytest.mark.parametrize("name", CASES)
def test_a_case_at_preset_smoke_says_that_it_finds_nothing(made, name):
    page = made(name)
    text = page.read_text()
    assert text.count("moke: no findings") > 3
    assert not re.search(r"\d x (faster|slower)", text)
    published = (page.parent / "tables" / "published.csv").read_text().splitlines()
    assert len(published) > 3 and "measured_here" in published[0]


def test_a_case_without_a_card_or_weights_says_what_is_missing_and_how_to_get_the_answer(made):
    said = made("3_super_resolution_gpu").read_text()
    assert "graphics card" in said and "-p beside FILE" in said
    rows = (made("2_super_resolution_cpu").parent / "tables" / "measurements.csv").read_text()
    assert "atelier weights fetch EDSR_x3.pb" in rows
    rows = (made("5_anime_multicore").parent / "tables" / "measurements.csv").read_text()
    assert "untrained" in rows


def test_a_case_breaks_a_batch_and_nothing_is_lost(made):
    page = made("4_matting_batch")
    facts = json.loads((page.parent / "report.json").read_text())["metrics"]["run"]["facts"]
    damaged, killed = facts["damaged_picture"], facts["kill"]
    assert (damaged["batch_done"], damaged["batch_failed"], damaged["loop_done"]) == (2, 1, 1)
    # A kill between the file of a picture and its entry in the ledger makes that picture again.
    assert (killed["done"], killed["made_after"]) == (3, 3 - killed["untouched"])
    assert killed["untouched"] <= killed["kept"]


def test_the_tour_compares_live_and_not_what_the_store_holds(made):
    text = made("00_tour").read_text()
    assert (
        "stopped because" in text or "when the machine is quiet" in text
    )  # ends of a comparison that ran now
    assert "measured before" not in text and "measured apart" not in text


def test_an_untrained_model_says_so_in_sentences_tables_and_pictures(made):
    page = made("30_matting")
    assert "no weights are published for unet" in page.read_text()
    assert "untrained model=unet" in (page.parent / "tables" / "measurements.csv").read_text()
    assert "untrained" in (page.parent / "figures" / "mattes.svg").read_text()


def test_each_rule_of_trust_has_its_picture(made):
    page = made("05_trust")
    figures = {file.stem for file in page.parent.glob("figures/*.png")}
    assert figures == {"false_alarms", "drift", "inherited_peak", "threads"}
    assert {"percentiles", "thread_findings"} <= {file.stem for file in page.parent.glob("tables/*.csv")}
    assert "The rule:" in page.read_text()


def test_the_sidecar_holds_exponents_and_efficiency(made):
    facts = json.loads((made("01_art_filters").parent / "report.json").read_text())
    rows, series = (facts["metrics"]["metrics"][name] for name in ("rows", "series"))
    # A busy machine gives no exponent: a fit needs a size that was measured while the machine was quiet.
    assert any(one["exponent"] is not None for one in series) or rows["suspect"] >= len(SIZES.split(","))
    assert any(one["workers"] == 2 and one["efficiency"][0] > 0 for one in series)


def test_a_second_run_measures_nothing(made):
    first = made("50_workers")
    second = report("50_workers", preset=SMOKE["50_workers"], quiet=True)
    assert "6 of 6 trials were measured earlier" in second.read_text()
    tables = [(page.parent / "tables" / "measurements.csv").read_text() for page in (first, second)]
    assert tables[0] == tables[1]


def test_a_batch_names_its_damaged_picture_and_makes_nothing_twice(made):
    page = made("60_batch")
    numbers = json.loads((page.parent / "report.json").read_text())["metrics"]
    first, again = numbers["batch"], numbers["again"]
    assert (first["total"], first["now"], first["failed_by_cause"]) == (6, 6, {"unreadable": 1})
    assert (again["now"], again["stages_s"]) == (0, {})
    assert "damaged.jpg" in (page.parent / "tables" / "failures.csv").read_text()
    formats = (page.parent / "tables" / "formats.csv").read_text()
    assert all(name in formats for name in ("PNG", "JPEG 4:4:4, quality 95", "WebP lossless"))
    assert (page.parent / "figures" / "formats.svg").exists()
    assert (page.parent / "figures" / "stages.svg").exists()
    assert "1 picture failed" in numbers["answer"]["answer"]


def test_the_tuner_leaves_a_comparison_in_its_report(made):
    text = made("70_tune").read_text()
    assert "upgradeFigure" in text and text.count("data:image/jpeg") == 2
    assert 'tk.apply("oil_painting", image, backend="opencv", threads=1, size=3' in text.replace(
        "&quot;", '"'
    )


def test_three_services_are_compared_under_one_load(made):
    page = made("61_service")
    numbers = json.loads((page.parent / "report.json").read_text())["metrics"]
    services = (page.parent / "tables" / "services.csv").read_text()
    assert all(name in services for name in ("published, synchronous", "published, queued", "atelier serve"))
    assert "Pictures a second" in numbers["answer"]["answer"]
    assert {"rate", "overload"} <= {file.stem for file in page.parent.glob("figures/*.svg")}


def test_the_page_works_in_a_browser_without_network(chromium_path, made):
    from playwright.sync_api import sync_playwright

    page_file = made("01_art_filters")
    said, asked = [], []
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium_path, args=["--no-sandbox"])
        page = browser.new_context(offline=True, viewport={"width": 1000, "height": 800}).new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(page_file.as_uri())
        images = "[...document.images].map(i => [i.complete && i.naturalWidth > 0, i.alt])"
        shown = page.evaluate(images)
        view = page.locator("canvas.view").first
        before = view.evaluate("canvas => canvas.toDataURL()")
        box = view.bounding_box()
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 60)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + 60)
        page.mouse.up()
        after = view.evaluate("canvas => canvas.toDataURL()")
        answer = page.locator(".atelier-first .card").first.bounding_box()
        was_code_shown = page.locator("div.code").first.is_visible()
        page.locator("#show-code").check()
        tables = page.locator("table.atelier").count()
        is_code_shown = page.locator("div.code").first.is_visible()
        is_wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
        browser.close()
    assert said == []
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert len(shown) == len(FIGURES["01_art_filters"]) + 2  # the card's slider has two pictures
    assert all(loaded and alt for loaded, alt in shown)
    assert before != after
    assert answer["y"] + answer["height"] < 800  # without scrolling
    assert (was_code_shown, is_code_shown) == (False, True)
    assert tables >= 4
    assert not is_wide


@pytest.mark.usefixtures("chromium_path")
@pytest.mark.parametrize(("width_px", "scheme"), [(1400, "light"), (420, "dark")])
def test_no_page_has_a_serious_fault_of_access(made, width_px, scheme):
    pytest.importorskip("axe_playwright_python.base", reason="axe-core is not installed")
    pages = {name: made(name) for name in EACH_LAYOUT}
    with started_chromium() as browser:
        looks = {
            name: opened(browser, page, width_px=width_px, scheme=scheme) for name, page in pages.items()
        }
    assert {name: look.faults for name, look in looks.items() if look.faults} == {}
    assert {name: look.complaints for name, look in looks.items() if look.complaints} == {}
