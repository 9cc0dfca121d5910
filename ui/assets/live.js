// What is being answered, or questions to go on with. `trigger` starts an event of ui/pages/chat.py.
element.addEventListener("click", (event) => {
  const example = event.target.closest(".example");
  if (example) trigger("ask", { question: example.dataset.question, again: null });
});

// Gradio hands on a cancelled event for a moment: what still comes for a conversation that was left is not shown.
function isLate() {
  const here = document.querySelector("#conversation [data-conversation]")?.dataset.conversation;
  const meant = element.querySelector("[data-conversation]")?.dataset.conversation;
  return Boolean(here && meant && here !== meant);
}

// Brought into view as far as what was asked stays there.
watch("value", () => {
  if (isLate()) return void (props.value = "");
  const scroll = element.closest("#scroll");
  const asked = (element.querySelector(".exchange") ?? document.querySelector("#conversation .exchange:last-of-type"))?.getBoundingClientRect();
  const [view, end] = [scroll.getBoundingClientRect(), element.getBoundingClientRect().bottom];
  if (asked && end > view.bottom) scroll.scrollBy(0, Math.max(0, Math.min(end - view.bottom, asked.top - view.top)));
});
