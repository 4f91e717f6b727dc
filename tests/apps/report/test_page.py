"""A report's page opens without a network, and shows failures and where its numbers come from."""

from __future__ import annotations

import copy
import re
from html.parser import HTMLParser
from itertools import combinations

import nbformat
import pytest

from tests.results.drawn import BLUE, RED, plain
from tests.results.factory import make_measurement, too_large
from toolkit.apps.report.page import render
from toolkit.apps.report.reports_folder import NEXT_RUN
from toolkit.results.first_screen import Card, FirstScreen, Pair
from toolkit.results.pictures.compare_views import before_after
from toolkit.results.plots.sizes import latency_plot
from toolkit.results.tables.measurements import results_table

FOOTER = {
    "machine": "Example CPU: 2 cores\nDebian",
    "commit": "0123abc",
    "command": "atelier report x -p quick true",
}
WIDGET = "application/vnd.jupyter.widget-view+json"


def code(source, *outputs):
    return nbformat.v4.new_code_cell(source, outputs=list(outputs), execution_count=1)


def shows(data, metadata=None):
    return nbformat.v4.new_output("display_data", data=data, metadata=metadata or {})


def notebook(*cells):
    made = nbformat.v4.new_notebook(cells=list(cells))
    made.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": {"state": {}}}
    return made


def page(*cells, failure=""):
    return render(notebook(*cells), title="Art filters", footer=FOOTER, failure=failure)


class Fetched(HTMLParser):
    """Everything that a browser would ask for when it opens the page."""

    def __init__(self, html):
        super().__init__()
        self.urls = []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        urls = [value for name, value in attributes if name in ("src", "href", "data", "srcset")]
        self.urls += [url for url in urls if tag != "a" and not url.startswith("data:")]


def fetched(html):
    return Fetched(html).urls


def chart_output(chart):
    import base64

    data, metadata = chart._repr_mimebundle_()
    return shows({"image/png": base64.b64encode(data["image/png"]).decode()}, metadata)


def test_a_report_with_tables_plots_and_widgets_fetches_nothing():
    rows = [make_measurement(megapixels=size) for size in (0.5, 1, 2, 4)] + [too_large()]
    html = page(
        nbformat.v4.new_markdown_cell("# What filters cost\n\n$x^2$ and a [link](https://example.com)"),
        code("show(table)", shows({"text/html": results_table(rows).html(), "text/plain": "table"})),
        code("show(plot)", chart_output(latency_plot(rows))),
        code("slider()", shows({WIDGET: {"model_id": "ab"}, "text/plain": "IntSlider(value=0)"})),
        code("js()", shows({"application/javascript": "alert(1)", "text/plain": "<JS object>"})),
        code(
            "cdn()", shows({"text/html": "<script src='https://cdn.example.com/a.js'></script><b>kept</b>"})
        ),
    )
    assert fetched(html) == [] and "<script" not in html
    assert "What filters cost" in html and "<s title=" in html and "<b>kept</b>" in html
    assert "IntSlider" not in html and "alert(1)" not in html
    assert not re.search("mathjax|require\\.js|jquery", html, re.IGNORECASE)


def test_plots_keep_their_alt_text():
    html = page(code("plot", chart_output(latency_plot([make_measurement()]))))
    assert re.search(r'<img[^>]*alt="Latency against picture size', html)


def test_one_switch_shows_all_code_and_messages_are_folded_away():
    warning = nbformat.v4.new_output("stream", name="stderr", text="be careful")
    html = page(code("secret = 42", warning), code("more = 43"))
    assert html.count('id="show-code"') == 1 and html.count('<div class="code">') == 2
    assert re.search(r"\.code \{ display: none", html)
    assert re.search(r"<details><summary>Messages</summary><pre>be careful</pre></details>", html)


def test_the_answer_comes_first_and_only_once():
    screen = FirstScreen(lead="Take **numba**.", machine="Example CPU, 2 cores", cards=[Card(title="Oil")])
    data, metadata = screen._repr_mimebundle_()
    html = page(
        nbformat.v4.new_markdown_cell("# Art filters\n\nWhat they cost."),
        code("measure()", shows({"text/plain": "3 rows were measured"})),
        code("first_screen(rows)", shows(data, metadata)),
    )
    assert html.count("Take <strong>numba</strong>") == 1 and html.count("<h1>Art filters</h1>") == 1
    order = [
        "<h1>Art filters</h1>",
        "Example CPU",
        "Take <strong>",
        "What they cost",
        "3 rows were",
        "measure()",
    ]
    places = [html.index(part) for part in order[:4]]
    assert places == sorted(places) and places[-1] < html.index("3 rows were measured")


def test_a_report_with_two_comparisons_works_offline_and_stands_still_without_scripts(
    tmp_path, chromium_path
):
    from playwright import sync_api as playwright

    red, blue = plain(RED, 300, 400), plain(BLUE, 300, 400)
    card = Card(title="Oil", pair=Pair(before=red, after=blue, left="photo", right="oil, 9 ms"))
    screen = FirstScreen(lead="Take it.", machine="Example CPU", cards=[card])
    data, metadata = screen._repr_mimebundle_()
    shown = before_after(red, blue, "stylization")
    html = page(code("screen", shows(data, metadata)), code("pair", shows({"text/html": shown.html})))
    file = tmp_path / "index.html"
    file.write_text(html, encoding="utf-8")
    asked, said = [], []
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium_path, args=["--no-sandbox"])
        opened = browser.new_page(viewport={"width": 1200, "height": 900})
        opened.context.set_offline(True)
        opened.on("request", lambda request: asked.append(request.url))
        opened.on("pageerror", lambda error: said.append(str(error)))
        opened.goto(file.as_uri())
        opened.wait_for_function("document.querySelectorAll('canvas.view').length === 2")
        for view in opened.locator("canvas.view").all():
            assert (_color_at(view, 0.2), _color_at(view, 0.8)) == ("red", "blue")
            box = view.bounding_box()
            opened.mouse.move(box["x"] + box["width"] / 2, box["y"] + 60)
            opened.mouse.down()
            opened.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + 60)
            opened.mouse.up()
            assert _color_at(view, 0.8) == "red"
            view.press("4")
            assert _color_at(view, 0.5) == "magenta"
        opened.get_by_role("button", name="Views").click()
        opened.get_by_role("button", name="Side 2").first.click()
        card_view = opened.locator("canvas.view").first
        assert (_color_at(card_view, 0.4), _color_at(card_view, 0.6)) == ("red", "blue")
        still = browser.new_context(java_script_enabled=False).new_page()
        still.goto(file.as_uri())
        pictures = [one for one in still.locator("img").all() if one.is_visible()]
        assert len(pictures) == 4 and still.locator("canvas").count() == 0
        browser.close()
    assert said == [] and [url for url in asked if not url.startswith(("file:", "data:"))] == []


def _color_at(view, share):
    """The colour of the canvas at this share of its width."""
    pixel = view.evaluate(
        "(view, share) => [...view.getContext('2d').getImageData(view.width * share, view.height * 0.4, 1, 1).data]",
        share,
    )
    names = {(True, False): "red", (False, True): "blue", (True, True): "magenta"}
    return names[pixel[0] > 127, pixel[2] > 127]


def test_links_lead_to_other_runs_and_to_the_data():
    links = {"← previous run": "../a b/index.html", "CSV": "tables/x.csv"}
    html = render(notebook(), title="t", footer={}, links=links)
    assert '<a href="../a b/index.html">← previous run</a>' in html and 'href="tables/x.csv">CSV<' in html
    assert html.count(NEXT_RUN) == 1 and render(notebook(), title="t", footer={}).count(NEXT_RUN) <= 1


def test_a_progress_bar_leaves_nothing():
    bar = nbformat.v4.new_output(
        "stream", name="stdout", text="\r5 s left |##  |\r1 s left |### |\r          \r"
    )
    said = nbformat.v4.new_output("stream", name="stdout", text="\r5 s left\rwaited\r\ndone")
    html = page(code("measure()", bar), code("more()", said))
    assert "s left" not in html and "waited" in html and "done" in html


def test_a_failed_notebook_says_so_on_top_and_shows_the_error():
    error = nbformat.v4.new_output(
        "error",
        ename="ZeroDivisionError",
        evalue="division by <zero>",
        traceback=["\x1b[31mline 1\x1b[0m", "line 2"],
    )
    banner = nbformat.v4.new_markdown_cell("See <a href='#papermill-error-cell'>In [1]</a>")
    banner.metadata["tags"] = ["papermill-error-cell-tag"]
    mark = nbformat.v4.new_markdown_cell('<span id="papermill-error-cell">here</span>')
    mark.metadata["tags"] = ["papermill-error-cell-tag"]
    html = page(
        banner, mark, code("1 / 0", error), failure="ZeroDivisionError: division by <zero> (in cell 3)."
    )
    assert "This report is not complete." in html and 'role="alert"' in html
    assert html.index("not complete") < html.index("<strong>ZeroDivisionError</strong>")
    assert "<zero>" not in html and "\x1b" not in html and 'class="ansi-red-fg"' in html
    assert "See <a" not in html and 'id="papermill-error-cell"' in html


def test_a_complete_report_has_no_banner():
    assert 'role="alert"' not in page(code("1"))


def test_the_footer_says_where_the_numbers_come_from():
    html = page(code("1"))
    assert "<dt>commit</dt><dd>0123abc</dd>" in html
    assert "<code>atelier report x -p quick true</code>" in html
    assert "Example CPU: 2 cores\nDebian" in html


def test_title_and_footer_are_text_and_not_html():
    html = render(notebook(), title="<b>", footer={"<i>": "<u>"}, failure="")
    assert not re.search("<b>|<i>|<u>", html)


def test_the_notebook_itself_is_not_changed():
    given = notebook(code("w", shows({WIDGET: {"model_id": "ab"}})))
    before = copy.deepcopy(given)
    render(given, title="t", footer={})
    assert given == before


@pytest.mark.parametrize(
    "link", ["<link rel=stylesheet href=//cdn.example.com/a.css>", '<script\nsrc="a.js"\n></script\n>']
)
def test_markdown_cannot_fetch_either(link):
    assert fetched(page(nbformat.v4.new_markdown_cell(f"text\n\n{link}\n\nmore"))) == []


def test_a_widget_that_brings_a_picture_leaves_the_picture():
    still = shows({WIDGET: {"model_id": "ab"}, "image/jpeg": "/9j/4AAQ", "text/plain": "Explorer()"})
    html = page(code("w", still))
    assert "data:image/jpeg;base64,/9j/4AAQ" in html
    assert "Explorer()" not in html


def test_the_footer_points_at_what_makes_the_numbers_trustworthy():
    there = render(notebook(), title="t", footer={}, trust_page="../2026 05_trust/index.html")
    assert '<a href="../2026 05_trust/index.html">notebook 05_trust</a>' in there
    assert "<code>atelier report 05_trust</code>" in render(notebook(), title="t", footer={})


@pytest.mark.parametrize("width_px", [1400, 420])
def test_large_figures_of_a_card_do_not_cover_each_other(tmp_path, chromium_path, width_px):
    from playwright import sync_api as playwright

    figures = [
        ("x 5.79 (5.08 to 6.59)", "FASTER, against all four styles"),
        ("x 1.2 to 1.5", "in the article"),
    ]
    screen = FirstScreen(
        lead="Take it.", machine="Example CPU", cards=[Card(title="Step", figures=figures)] * 3
    )
    data, metadata = screen._repr_mimebundle_()
    file = tmp_path / "index.html"
    file.write_text(page(code("screen", shows(data, metadata))), encoding="utf-8")
    ink = """number => { const range = document.createRange(); range.selectNodeContents(number);
        const {left, right, top, bottom} = range.getBoundingClientRect(); return [left, right, top, bottom]; }"""
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium_path, args=["--no-sandbox"])
        opened = browser.new_page(viewport={"width": width_px, "height": 900})
        opened.goto(file.as_uri())
        boxes = [number.evaluate(ink) for number in opened.locator(".big b").all()]
        browser.close()
    assert len(boxes) == 6
    for (a_left, a_right, a_top, a_bottom), (b_left, b_right, b_top, b_bottom) in combinations(boxes, 2):
        assert a_right <= b_left or b_right <= a_left or a_bottom <= b_top or b_bottom <= a_top
