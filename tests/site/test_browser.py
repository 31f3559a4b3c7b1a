"""The site in a real browser, opened as files: nothing is asked of the net, no error is said, and every control does what it says."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

import hf_medseg
from hf_medseg.catalog.lookup import facts
from tests.site.datasets import HOSTILE, Datasets

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(BROWSER is None, reason="no browser here: `apt-get install chromium` brings one")

CHASE = facts()["chase-db1"]


@dataclass
class Tab:
    """A page in the browser, with what it asked for and what went wrong."""

    page: Any
    folder: Path
    asked: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def open(self, name: str) -> Any:
        self.page.goto((self.folder / name).as_uri())
        return self.page

    def shown(self) -> list[str]:
        found: list[str] = self.page.eval_on_selector_all(".card", "cards => cards.filter(c => c.checkVisibility()).map(c => c.id)")
        return [one.removeprefix("source-") for one in found]


@pytest.fixture(scope="module")
def site(datasets: Datasets, tmp_path_factory: pytest.TempPathFactory) -> Path:
    outs = (datasets.pictures, datasets.volumes, datasets.hostile)
    return hf_medseg.site(tmp_path_factory.mktemp("browser") / "site", outs).parent


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def tab(browser: Any, site: Path) -> Iterator[Tab]:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    opened = Tab(page, site)
    page.on("request", lambda request: opened.asked.append(request.url))
    page.on("console", lambda message: opened.said.append(message.text))
    page.on("pageerror", lambda error: opened.said.append(str(error)))
    page.on("dialog", lambda dialog: opened.said.append(dialog.message))
    yield opened
    page.close()
    inside = (site.as_uri(), "data:")
    assert [url for url in opened.asked if not url.startswith(inside)] == [], "a request left the site"
    assert opened.said == []


def test_search_finds_sources_by_all_words_wherever_they_stand(tab: Tab) -> None:
    page = tab.open("index.html")
    assert tab.shown() == list(facts())
    page.fill("#search", "Retina  VESSEL chase")
    assert tab.shown() == ["chase-db1"]
    assert page.inner_text("#count") == f"1 of {len(facts())} sources"
    page.fill("#search", "no such thing")
    assert tab.shown() == []
    assert page.is_visible("#none")
    page.click("button[type=reset]")
    page.wait_for_function("document.getElementById('none').hidden")
    assert tab.shown() == list(facts())


def test_filters_leave_what_has_all_that_is_asked_for(tab: Tab) -> None:
    page = tab.open("index.html")
    page.select_option("select[name=tier]", "open")
    assert tab.shown() == [id for id, one in facts().items() if "open" in one.tiers and not one.own_data]
    page.select_option("select[name=modality]", "fundus photography")
    assert tab.shown() == [
        id for id, one in facts().items() if "open" in one.tiers and "fundus photography" in one.modality and not one.own_data
    ]
    page.select_option("select[name=tier]", "")
    page.select_option("select[name=modality]", "")
    page.select_option("select[name=access]", "credentialed")
    assert tab.shown() == [id for id, one in facts().items() if one.access.mode == "credentialed"]
    page.check("input[name=masks]")
    assert tab.shown() == [id for id, one in facts().items() if one.access.mode == "credentialed" and one.has_masks]


def test_a_copy_button_copies_exactly_what_stands_beside_it(tab: Tab) -> None:
    tab.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = tab.open("index.html")
    page.click("#source-chase-db1 summary:text-is('Cite')")
    page.click("#source-chase-db1 button[aria-label='Copy the citation of chase-db1']")
    page.wait_for_function("document.getElementById('said').textContent === 'Copied.'")
    assert page.evaluate("navigator.clipboard.readText()") == "\n\n".join(one.strip() for one in CHASE.editions[0].citations)


def test_a_copy_button_works_where_the_clipboard_may_not_be_used(tab: Tab) -> None:
    page = tab.open("index.html")
    page.evaluate("Object.defineProperty(navigator, 'clipboard', {value: {writeText: () => Promise.reject(new Error('no'))}})")
    page.evaluate("document.addEventListener('copy', () => { window.copied = String(document.activeElement.value); })")
    page.click("#source-chase-db1 summary:text-is('Commands')")
    page.click("#source-chase-db1 button[aria-label='Copy the commands for chase-db1']")
    page.wait_for_function("document.getElementById('said').textContent === 'Copied.'")
    assert page.evaluate("window.copied").startswith("hf-medseg download chase-db1 RAW\n")


def layers(tab: Tab, view: int = 0) -> list[tuple[str, bool]]:
    """File and visibility of every mask layer of a row."""
    found = tab.page.locator(".view").nth(view).locator("img.layer")
    return [(one.get_attribute("src").rpartition("/")[2], one.is_visible()) for one in found.all()]


def test_masks_are_switched_off_and_on_and_faded(tab: Tab) -> None:
    page = tab.open("datasets/chase-db1.html")
    (shown,) = layers(tab)
    assert shown[1]
    page.uncheck("input.class[value='1']")
    assert [seen for _, seen in layers(tab)] == [False]
    assert not page.is_checked("input.all")
    page.check("input.all")
    assert [seen for _, seen in layers(tab)] == [True]
    page.locator("input.fade").first.fill("20")
    assert page.locator("img.layer").first.evaluate("layer => getComputedStyle(layer).opacity") == "0.2"


def test_annotators_are_switched_and_what_is_switched_off_stays_off(tab: Tab) -> None:
    page = tab.open("datasets/chase-db1.html")
    first = layers(tab)
    page.locator("select.mask").first.select_option(label="mask_2")
    assert layers(tab) != first
    page.uncheck("input.class[value='1']")
    page.locator("select.mask").first.select_option(label="mask")
    assert [seen for _, seen in layers(tab)] == [False]


def test_a_picture_and_its_layers_are_of_one_size_also_in_full(tab: Tab) -> None:
    page = tab.open("datasets/chase-db1.html")
    view = page.locator(".view").first
    for _ in range(2):
        boxes = [one.bounding_box() for one in view.locator("img").all()]
        assert boxes == [boxes[0]] * len(boxes)
        view.locator("button.full").click()
    view.locator("button.full").click()
    picture = view.locator("img.picture")
    box = picture.bounding_box()
    assert (box["width"], box["height"]) == (int(picture.get_attribute("width")), int(picture.get_attribute("height")))
    assert picture.evaluate("picture => picture.naturalWidth") == box["width"]
    assert view.locator("button.full").get_attribute("aria-pressed") == "true"


def test_slices_are_scrolled_with_the_slider_and_with_the_keys(tab: Tab) -> None:
    page = tab.open("datasets/lidc-idri.html")
    view = page.locator(".view:has(input.slice)").first
    view.locator("input.slice").fill("0")
    assert view.locator("output").inner_text().startswith("slice 1 of ")
    before = view.locator("img.picture").get_attribute("src")
    view.locator(".stage").focus()
    page.keyboard.press("ArrowUp")
    assert view.locator("output").inner_text().startswith("slice 2 of ")
    assert view.locator("img.picture").get_attribute("src") != before
    assert "slice 2 of" in view.locator("img.picture").get_attribute("alt")
    page.keyboard.press("ArrowDown")
    assert view.locator("img.picture").get_attribute("src") == before


def test_hostile_names_run_nothing(tab: Tab) -> None:
    page = tab.open("datasets/image-mask-folder.html")
    assert HOSTILE in page.inner_text("h1")
    assert "taken" not in page.title().replace(HOSTILE, "")
    page.uncheck("input.class[value='2']")
    tab.open("index.html")
    assert page.title() == "hf_medseg: medical image segmentation datasets"


@pytest.mark.parametrize("width", [360, 800, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["index.html", "datasets/lidc-idri.html", "datasets/image-mask-folder.html"])
def test_nothing_overflows_and_text_stands_out_from_its_ground(tab: Tab, name: str, width: int, scheme: str) -> None:
    tab.page.set_viewport_size({"width": width, "height": 900})
    tab.page.emulate_media(color_scheme=scheme)
    page = tab.open(name)
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert page.evaluate(_CONTRAST) == []


# WCAG's contrast of every text with the first ground below it that is not clear: 4.5 at least.
_CONTRAST = """() => {
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255).map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
    .reduce((sum, v, k) => sum + v * [.2126, .7152, .0722][k], 0);
  const numbers = text => text.match(/[\\d.]+/g).map(Number);
  const ground = one => {
    for (let at = one; at; at = at.parentElement) {
      const colour = numbers(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  return [...document.querySelectorAll("main *, header *, footer *")].filter(one => one.checkVisibility()
    && [...one.childNodes].some(node => node.nodeType === 3 && node.data.trim()) && !one.closest("svg")).filter(one => {
      const [a, b] = [light(numbers(getComputedStyle(one).color)), light(ground(one))].sort((x, y) => y - x);
      return (a + .05) / (b + .05) < 4.5;
    }).map(one => one.outerHTML.slice(0, 120));
}"""


def test_every_control_has_a_name_and_every_picture_a_text(tab: Tab) -> None:
    for name in ("index.html", "datasets/lidc-idri.html"):
        page = tab.open(name)
        unnamed = "all => all.filter(one => !one.labels?.length && !one.getAttribute('aria-label') && !one.textContent.trim())"
        assert page.eval_on_selector_all("input, select, button", f"all => ({unnamed})(all).map(one => one.outerHTML)") == []
        assert page.eval_on_selector_all("img.picture", "all => all.filter(one => !one.alt).length") == 0
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"


def test_pictures_are_loaded_when_they_come_into_sight(tab: Tab) -> None:
    page = tab.open("index.html")
    assert page.eval_on_selector_all("img", "all => all.every(one => one.loading === 'lazy')")
    page = tab.open("datasets/lidc-idri.html")
    assert page.eval_on_selector_all("img", "all => all.every(one => one.loading === 'lazy')")
    assert len([url for url in tab.asked if url.endswith(".png")]) < len(list(tab.folder.rglob("*.png")))
