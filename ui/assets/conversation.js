// The conversation: what its buttons do. `trigger` starts an event of ui/pages/chat.py, `server.judge` keeps a verdict.
const tell = (what, detail) => document.dispatchEvent(new CustomEvent(what, { detail }));
const exchangeOf = (inside) => inside.closest(".exchange");

const deeds = {
  example: (button) => tell("ask", { question: button.dataset.question, again: null }),
  retry: (button) => again(exchangeOf(button), exchangeOf(button).querySelector(".asked").innerText),
  undo: (button) => once(exchangeOf(button)) && undo(exchangeOf(button)),
  edit: (button) => edit(exchangeOf(button)),
  copy: (button) => copy(button, exchangeOf(button).dataset.copy),
  link: (button) => copy(button, `${location.origin}${location.pathname}?answer=${exchangeOf(button).dataset.exchange}`),
  like: (button) => judge(exchangeOf(button), isPressed(button) ? null : true),
  dislike: (button) => judge(exchangeOf(button), isPressed(button) ? null : false),
  reason: (button) => {
    const chosen = !isPressed(button);
    button.closest("form").querySelectorAll(".reason").forEach((other) => press(other, chosen && other === button));
    judge(exchangeOf(button), false);
  },
};

element.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  const name = button && Object.keys(deeds).find((deed) => button.classList.contains(deed));
  if (name) deeds[name](button);
});

element.addEventListener("submit", (event) => {
  event.preventDefault();
  judge(exchangeOf(event.target), false);
  flash(event.target.querySelector(".correction"));
});

const isPressed = (button) => button.getAttribute("aria-pressed") === "true";
const press = (button, is) => button.setAttribute("aria-pressed", String(is));

// liked is true, false, or null where the verdict is taken back.
async function judge(exchange, liked) {
  press(exchange.querySelector(".like"), liked === true);
  press(exchange.querySelector(".dislike"), liked === false);
  const form = exchange.querySelector(".reasons");
  form.hidden = liked !== false;
  const reason = [...form.querySelectorAll(".reason")].find(isPressed)?.innerText ?? null;
  const correction = form.querySelector(".correction").value;
  const open = element.querySelector(".conversation").dataset.conversation;
  const html = await server.judge({ exchange: exchange.dataset.exchange, liked, reason, correction, open });
  tell("history", html);
}

// Which exchange is to be replaced is said: another window may have gone on from there.
function again(exchange, question) {
  if (once(exchange)) tell("ask", { question, again: exchange.dataset.exchange });
}

function undo(exchange) {
  tell("untyped", exchange.querySelector(".asked").innerText);
  trigger("undo", { exchange: exchange.dataset.exchange });
}

// A second click, before the first has done its work, is none.
function once(exchange) {
  if (exchange.dataset.busy) return false;
  exchange.dataset.busy = "true";
  setTimeout(() => delete exchange.dataset.busy, 1500);
  return true;
}

function edit(exchange) {
  const asked = exchange.querySelector(".asked");
  const field = document.createElement("textarea");
  field.className = "editing";
  field.value = asked.innerText;
  field.setAttribute("aria-label", "Your question, changed");
  asked.replaceWith(field);
  field.focus();
  field.addEventListener("keydown", (event) => {
    if (event.key === "Escape") event.stopPropagation();
    if (event.key === "Escape") return field.replaceWith(asked);
    if (event.key !== "Enter" || event.shiftKey) return;
    event.preventDefault();
    if (field.value.trim()) again(exchange, field.value);
  });
}

async function copy(button, text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // A page that came over plain HTTP from another machine may not use the clipboard directly.
    const field = Object.assign(document.createElement("textarea"), { value: text });
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }
  flash(button);
}

function flash(button) {
  button.classList.add("done");
  setTimeout(() => button.classList.remove("done"), 1200);
}

// The address names the open conversation, so that the page can be loaded again; or the one answer that was linked to.
let linked = new URLSearchParams(location.search).get("answer");

watch("value", () => {
  tell("shown");
  const open = element.querySelector(".exchange") && element.querySelector(".conversation").dataset.conversation;
  const target = linked && element.querySelector(`[data-exchange="${CSS.escape(linked)}"]`);
  if (linked && !target) return;
  linked = null;
  history.replaceState(null, "", open ? `?conversation=${open}` : location.pathname);
  (target || element.querySelector(".exchange:last-of-type"))?.scrollIntoView({ block: "start" });
});

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  document.querySelector("#question textarea")?.focus();
});
