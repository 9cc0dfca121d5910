// What is being answered, or questions to go on with. Every question is asked here;
// `trigger` starts an event of ui/pages/chat.py.
element.addEventListener("click", (event) => {
  const example = event.target.closest(".example");
  if (example) ask({ question: example.dataset.question, again: null });
});

document.addEventListener("ask", ({ detail }) => ask(detail));
document.addEventListener("untyped", ({ detail: question }) => putBack(question));

function ask(asked) {
  const question = asked.question.trim();
  if (!question) return;
  trigger("ask", asked);
  setTimeout(look, 3000, question, 4);
}

// Gradio's page does not hear of an answer that it asks for in the moment in which the stream of another ends: it is
// looked for. Where there is none the server is gone, and the question is put back.
function look(question, times) {
  if ([...document.querySelectorAll("#chat .asked")].some((asked) => asked.textContent === question)) return;
  if (!times) return putBack(question);
  trigger("look", {});
  setTimeout(look, 3000, question, times - 1);
}

function putBack(question) {
  const box = document.querySelector("#question textarea");
  if (box.value) return;
  box.value = question;
  box.dispatchEvent(new Event("input", { bubbles: true }));
}

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
