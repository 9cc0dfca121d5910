// Opens the article behind a button that names a quote; `server.open` (ui/pages/evidence.py) gives it as HTML.
let opener = null;

async function open(button) {
  point(button);
  const { exchange } = button.closest("[data-exchange]").dataset;
  const html = await server.open({ exchange, quote: button.dataset.quote }); // No text when the server is gone.
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

// The quotes of the same answer, in their order.
const steps = () => (opener?.isConnected ? [...(opener.closest("[data-exchange]")?.querySelectorAll("[data-quote]") ?? [])] : []);

function show() {
  const all = steps();
  const nav = element.querySelector(".steps");
  nav.hidden = all.length < 2;
  nav.querySelector(".place").textContent = `${all.indexOf(opener) + 1} of ${all.length}`;
  nav.querySelector(".previous").disabled = all[0] === opener;
  nav.querySelector(".next").disabled = all.at(-1) === opener;
  element.querySelector(".evidence").focus({ preventScroll: true });
  const mark = element.querySelector("mark.focus");
  const tall = mark && mark.offsetHeight > mark.closest(".text").clientHeight;
  mark?.scrollIntoView({ block: tall ? "start" : "center" });
  opener?.scrollIntoView({ block: "nearest" });
}

function step(by) {
  const all = steps();
  const next = all[all.indexOf(opener) + by];
  if (next) open(next);
}

function close() {
  props.value = "";
  const back = opener?.isConnected ? opener : document.querySelector("#question textarea");
  point(null);
  back?.focus();
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-quote]");
  if (button) open(button);
  else if (event.target.closest("#evidence .close")) close();
  else if (event.target.closest("#evidence .previous")) step(-1);
  else if (event.target.closest("#evidence .next")) step(1);
});

document.addEventListener("keydown", (event) => {
  if (!props.value) return;
  if (event.key === "Escape") close();
  else if (event.target.closest("#evidence") && event.key === "ArrowLeft") step(-1);
  else if (event.target.closest("#evidence") && event.key === "ArrowRight") step(1);
});

// Pointing at a mark shows the words that it stands for.
const peek = Object.assign(document.createElement("div"), { id: "peek", hidden: true });
peek.setAttribute("aria-hidden", "true"); // What is read out is the button's label.
document.querySelector(".gradio-container").append(peek);

function peekAt(mark) {
  peek.hidden = !mark;
  if (!mark) return;
  const [words, title] = [document.createElement("q"), document.createElement("span")];
  words.textContent = mark.dataset.words;
  title.textContent = mark.dataset.title;
  peek.replaceChildren(words, title);
  const place = mark.getBoundingClientRect();
  const left = Math.min(place.left, innerWidth - peek.offsetWidth - 12);
  const above = place.top - peek.offsetHeight - 6;
  peek.style.translate = `${Math.max(12, left)}px ${above > 0 ? above : place.bottom + 6}px`;
}

for (const kind of ["pointerover", "focusin"]) {
  document.addEventListener(kind, (event) => {
    if (event.pointerType !== "touch") peekAt(event.target.closest(".cite"));
  });
}
document.addEventListener("click", () => peekAt(null));
