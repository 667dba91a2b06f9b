"""Pages as a real browser lays them out: each in a frame of a width of its own, measured from the page around it."""

import html
import json
import re
import shutil
import subprocess

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
WHY_SKIPPED = "no Chromium is installed, so that pages cannot be laid out"

_SCRIPT = """
const rgba = text => (text.match(/[\\d.]+/g) || [0, 0, 0, 0]).map(Number);
const luminance = colour => colour.slice(0, 3).map(v => v / 255).map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
  .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
function background(element, view) {
  const layers = [];
  for (let at = element; at; at = at.parentElement) {
    const [r, g, b, a = 1] = rgba(view.getComputedStyle(at).backgroundColor);
    if (a) layers.push([r, g, b, a]);
    if (a === 1) break;
  }
  return layers.reverse().reduce((below, [r, g, b, a]) => [r, g, b].map((v, i) => v * a + below[i] * (1 - a)), [255, 255, 255]);
}
function contrast(element, view) {
  const style = view.getComputedStyle(element);
  const [a, b] = [rgba(element.ownerSVGElement ? style.fill : style.color), background(element, view)].map(luminance);
  return (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
}
function texts(svg) {
  const box = svg.getBoundingClientRect();
  return [...svg.querySelectorAll('text')]
    .map(text => [text.firstChild ? text.firstChild.data : '', text.getBoundingClientRect()])
    .map(([said, at]) => ({said, left: at.left - box.left, top: at.top - box.top, right: at.right - box.left,
                           bottom: at.bottom - box.top}));
}
function measure(frame) {
  const view = frame.contentWindow, page = frame.contentDocument, root = page.documentElement;
  const isDrawn = mark => { const box = mark.getBBox(); return box.width + box.height > 0; };
  const inBox = element => element.closest('.scroll, pre, details:not([open])');
  const spoken = [...page.body.querySelectorAll('*')].filter(element => element.checkVisibility() &&
    [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim()));
  // Elements of the same kind in the same place have the same colours.
  const kinds = new Map(spoken.map(element => [[element, element.parentElement, element.closest('section, .notes, .outcome')]
    .map(at => at ? `${at.tagName} ${at.getAttribute('class')}` : '').join(' in '), element]));
  return {
    width: root.clientWidth, scrolled: root.scrollWidth, dark: view.matchMedia('(prefers-color-scheme: dark)').matches,
    paper: view.getComputedStyle(page.body).backgroundColor,
    plots: [...page.querySelectorAll('svg.plot')].map(svg => ({
      title: svg.querySelector('title').textContent, width: svg.getBoundingClientRect().width,
      height: svg.getBoundingClientRect().height, texts: texts(svg),
      marks: [...svg.querySelectorAll('path, circle, rect')].filter(isDrawn).length})),
    outside: [...page.body.querySelectorAll('*')].filter(element => !inBox(element) && element.checkVisibility() &&
      element.getBoundingClientRect().right > root.clientWidth + 1).map(element => element.outerHTML.slice(0, 80)),
    faint: [...kinds.values()].map(element => [contrast(element, view), element.textContent.trim().slice(0, 40)])
      .filter(([value]) => value < 4.5),
    requests: view.performance.getEntriesByType('resource').map(entry => entry.name),
    scripts: page.scripts.length, ran: 'ran' in window,
    elements: page.querySelectorAll('*').length, headings: [...page.querySelectorAll('h1, h2, h3')].map(h => h.textContent)};
}
addEventListener('load', () => {
  const measured = {};
  for (const frame of document.querySelectorAll('iframe')) {
    for (const details of frame.contentDocument.querySelectorAll('details')) details.open = true;
    measured[frame.title] = measure(frame);
  }
  const out = document.createElement('pre');
  out.id = 'measured';
  out.textContent = JSON.stringify(measured);
  document.body.append(out);
});
"""


def measure(pages, folder, is_dark=False):
    """Lay out pages in frames, and measure them.

    ``pages`` maps names to HTML and a width in pixels. The pages are not changed, their policy of what may be loaded holds.
    """
    frames = "".join(f'<iframe title="{name}" style="border:0;width:{width}px;height:900px" srcdoc="{html.escape(page)}">'
                     "</iframe>" for name, (page, width) in pages.items())
    path = folder / "frames.html"
    path.write_text(f'<!DOCTYPE html><meta charset="utf-8"><meta name="color-scheme" content="light dark"><body>{frames}'
                    f"<script>{_SCRIPT}</script>", "utf-8")
    done = subprocess.run([CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
                           f"--user-data-dir={folder / 'profile'}", "--window-size=1400,1000", "--virtual-time-budget=20000",
                           *(["--force-dark-mode"] if is_dark else []), "--dump-dom", path.as_uri()],
                          capture_output=True, text=True, encoding="utf-8", timeout=240, check=False)
    written = re.search(r'<pre id="measured">(.*?)</pre>', done.stdout, re.DOTALL)
    assert written, done.stderr[-2000:]
    return json.loads(html.unescape(written[1]))


def outside_of_plots(page):
    """Texts of plots that leave their drawing."""
    return [(plot["title"], text["said"]) for plot in page["plots"] for text in plot["texts"]
            if text["left"] < -1 or text["top"] < -2
            or text["right"] > plot["width"] + 1 or text["bottom"] > plot["height"] + 2]


def covered_texts(page):
    """Pairs of texts of a plot that cover each other; boxes of letters are higher than these by a fifth at both ends."""
    pairs = []
    for plot in page["plots"]:
        boxes = [(text["said"], text["left"], text["top"] + 0.2 * (text["bottom"] - text["top"]), text["right"],
                  text["bottom"] - 0.2 * (text["bottom"] - text["top"])) for text in plot["texts"] if text["said"]]
        pairs += [(plot["title"], first[0], second[0]) for number, first in enumerate(boxes) for second in boxes[:number]
                  if first[1] < second[3] - 1 and second[1] < first[3] - 1 and first[2] < second[4] and second[2] < first[4]]
    return pairs
