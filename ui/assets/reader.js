// Opens the article that a button of the library names; `server.read` (ui/pages/library.py) gives it as HTML.
const shelf = element.closest("#shelf");
let opener = null;

async function open(button) {
  point(button);
  const html = await server.read({ article: button.dataset.article }); // No text when the server is gone.
  if (button !== opener) return; // Another was clicked meanwhile, or this one closed.
  props.value = typeof html === "string" ? html : props.unreachable;
  // The new value is on the page after the microtask that Gradio queued for it.
  setTimeout(() => element.querySelector(".evidence").focus({ preventScroll: true }));
}

function point(button) {
  opener?.removeAttribute("aria-current");
  button?.setAttribute("aria-current", "true");
  opener = button;
}

function close() {
  props.value = "";
  const back = opener?.isConnected ? opener : document.querySelector("#library-search :is(input, textarea)");
  point(null);
  back?.focus();
}

shelf.addEventListener("click", (event) => {
  const button = event.target.closest(".opens");
  if (button) open(button);
  else if (event.target.closest("#reader .close")) close();
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && element.querySelector(".evidence")?.offsetParent) close();
});
