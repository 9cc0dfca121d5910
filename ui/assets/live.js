// What is being answered, or questions to go on with. `trigger` starts an event of ui/pages/chat.py.
element.addEventListener("click", (event) => {
  const example = event.target.closest(".example");
  if (example) trigger("ask", { question: example.dataset.question, again: null });
});

watch("value", () => element.firstElementChild?.scrollIntoView({ block: "nearest" }));
