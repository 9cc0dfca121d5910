// The list of articles, its pages, removing one, and files that are dropped. `trigger` starts an event of ui/pages/library.py.
const shelf = element.closest("#shelf");
const field = () => shelf.querySelector("#library-search :is(input, textarea)");
let wanted = []; // What gets the focus when the list is shown anew: the first of these that is there.

const deeds = {
  turn: (button) => {
    wanted = [`.turn.${button.classList.contains("next") ? "next" : "previous"}:enabled`, ".turn:enabled"];
    trigger("turn", { offset: Number(button.dataset.offset) });
  },
  remove: (button) => confirm(button),
  rebuild: () => trigger("rebuild", {}),
  retry: () => trigger("retry", {}),
};

shelf.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  const name = button && Object.keys(deeds).find((deed) => button.classList.contains(deed));
  if (!name) return;
  deeds[name](button);
  if (name === "rebuild" || name === "retry") button.disabled = true;
});

// Removing takes a second click, on a button that says what it does; it is offered until it is taken or left, though the
// list may be shown anew meanwhile.
let offered = null;

function confirm(button, isFocused = true) {
  element.querySelector(".confirm")?.remove();
  offered = button.dataset.article;
  const row = button.closest("tr");
  const line = document.createElement("tr");
  line.className = "confirm";
  const cell = line.insertCell();
  cell.colSpan = row.cells.length;
  const said = Object.assign(document.createElement("p"), { textContent: button.dataset.warning, id: "warning" });
  const [sure, keep] = ["Remove", "Keep"].map((text) =>
    Object.assign(document.createElement("button"), { type: "button", className: text === "Remove" ? "sure" : "keep", textContent: text }),
  );
  sure.setAttribute("aria-describedby", "warning");
  cell.append(said, sure, keep);
  row.after(line);
  const back = () => {
    offered = null;
    line.remove();
    button.focus();
  };
  keep.addEventListener("click", back);
  line.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    back();
  });
  sure.addEventListener("click", () => {
    sure.disabled = true;
    offered = null;
    const place = [...row.parentElement.querySelectorAll("tr:not(.confirm)")].indexOf(row) + 1;
    wanted = [`tbody tr:nth-child(${place}) .opens`, "tbody tr:last-child .opens"];
    trigger("remove", { article: button.dataset.article, offset: Number(element.querySelector(".library").dataset.offset) });
  });
  if (isFocused) sure.focus();
}

watch("value", () => {
  const button = offered && element.querySelector(`.remove[data-article="${CSS.escape(offered)}"]`);
  if (button) confirm(button, document.activeElement === document.body);
  else offered = null;
  if (wanted.length) (wanted.map((selector) => element.querySelector(selector)).find(Boolean) ?? field())?.focus();
  wanted = [];
  // A list that was on its way when something else was typed.
  const library = element.querySelector(".library");
  if (library && field() && library.dataset.search !== field().value) trigger("turn", { offset: 0 });
});

// Files may be dropped anywhere on the page; one that missed would take the browser away from it.
const areFiles = (event) => event.dataTransfer?.types.includes("Files");

shelf.addEventListener("dragover", (event) => {
  if (!areFiles(event)) return;
  event.preventDefault();
  shelf.classList.add("dropping");
});
shelf.addEventListener("dragleave", (event) => {
  if (!shelf.contains(event.relatedTarget)) shelf.classList.remove("dropping");
});
shelf.addEventListener("drop", (event) => {
  shelf.classList.remove("dropping");
  if (!areFiles(event) || event.defaultPrevented) return;
  event.preventDefault();
  const input = shelf.querySelector("#drop input[type=file]");
  if (!input) return;
  input.files = event.dataTransfer.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
});
