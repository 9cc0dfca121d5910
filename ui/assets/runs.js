// The runs that are kept: opening and deleting. `trigger` starts an event of ui/pages/evaluation.py.
element.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  const run = button?.closest("[data-run]")?.dataset.run;
  if (!run) return;
  if (button.classList.contains("open")) {
    trigger("open", { run });
    document.getElementById("run-heading")?.scrollIntoView();
  } else if (button.classList.contains("sure")) trigger("delete", { run });
  else askBefore(button, "Delete this run for good");
});

// A report says how high it is, so that it needs no scrollbar beside the page's own.
addEventListener("message", (event) => {
  const frame = document.querySelector("iframe.report");
  if (frame && event.source === frame.contentWindow) frame.style.height = `${Number(event.data.height)}px`;
});
