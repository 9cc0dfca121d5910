// Opens the article behind whatever button names a place in one; `server.evidence` (ui/page.py) gives it as HTML.
let opener = null;

const place = (button) => [Number(button.dataset.start), Number(button.dataset.end)];

async function open(button) {
  const { article } = button.dataset;
  const others = [...button.closest(".exchange").querySelectorAll("[data-article]")]
    .filter((other) => other !== button && other.dataset.article === article)
    .map(place);
  point(button);
  const html = await server.evidence({ article, focus: place(button), others }); // No text when the server is gone.
  if (button !== opener) return; // Another was clicked meanwhile, or this one closed.
  props.value = typeof html === "string" ? html : props.unreachable;
  // The new value is on the page after the microtask that Gradio queued for it.
  setTimeout(show);
}

function point(button) {
  opener?.removeAttribute("aria-current");
  button?.setAttribute("aria-current", "true");
  opener = button;
}

function show() {
  element.querySelector(".evidence")?.focus({ preventScroll: true });
  const mark = element.querySelector("mark.focus");
  const tall = mark && mark.offsetHeight > mark.closest(".text").clientHeight;
  mark?.scrollIntoView({ block: tall ? "start" : "center" });
  opener?.scrollIntoView({ block: "nearest" });
}

function close() {
  props.value = "";
  const back = opener?.isConnected ? opener : document.querySelector("#question textarea");
  point(null);
  back?.focus();
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-article]");
  if (button) open(button);
  else if (event.target.closest("#evidence .close")) close();
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && props.value) close();
});
