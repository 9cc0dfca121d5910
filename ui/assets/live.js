// What is being answered, or questions to go on with. Every question is asked here;
// `trigger` starts an event of ui/pages/chat.py.
element.addEventListener("click", (event) => {
  const example = event.target.closest(".example");
  if (example) ask({ question: example.dataset.question, again: null });
});

document.addEventListener("ask", ({ detail }) => ask(detail));
document.addEventListener("untyped", ({ detail: question }) => putBack(question));

// What was asked, until it is seen, and the conversation in which it was.
let awaited = null;

function ask(asked) {
  const question = asked.question.trim();
  if (!question) return;
  const mine = (awaited = { question, here: here() });
  trigger("ask", asked);
  setTimeout(look, 3000, mine, 4);
}

const here = () => document.querySelector("#conversation [data-conversation]")?.dataset.conversation;

document.addEventListener("shown", seen);

// Seen is also what was left: nobody waits for it any more.
function seen() {
  const asked = [...document.querySelectorAll("#chat .asked")].map((element) => element.textContent);
  if (awaited && (awaited.here !== here() || asked.includes(awaited.question))) awaited = null;
}

// Gradio's page does not hear of an answer that it asks for in the moment in which the stream of another ends: it is
// looked for. Where there is none the server is gone, and the question is put back.
function look(mine, times) {
  if (awaited !== mine) return;
  if (!times) return putBack(mine.question);
  trigger("look", {});
  setTimeout(look, 3000, mine, times - 1);
}

function putBack(question) {
  const box = document.querySelector("#question textarea");
  if (box.value) return;
  box.value = question;
  box.dispatchEvent(new Event("input", { bubbles: true }));
}

// Gradio hands on a cancelled event for a moment: what still comes for a conversation that was left is not shown.
function isLate() {
  const meant = element.querySelector("[data-conversation]")?.dataset.conversation;
  return Boolean(here() && meant && here() !== meant);
}

// Brought into view as far as what was asked stays there.
watch("value", () => {
  if (isLate()) return void (props.value = "");
  seen();
  const scroll = element.closest("#scroll");
  const asked = (element.querySelector(".exchange") ?? document.querySelector("#conversation .exchange:last-of-type"))?.getBoundingClientRect();
  const [view, end] = [scroll.getBoundingClientRect(), element.getBoundingClientRect().bottom];
  if (asked && end > view.bottom) scroll.scrollBy(0, Math.max(0, Math.min(end - view.bottom, asked.top - view.top)));
});
