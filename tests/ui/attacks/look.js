// What of some elements is not what the project writes: tags, attributes, and values that a browser follows or runs.
(roots) => {
  const tags = new Set(
    ("a article b blockquote button cite code details div em footer form h1 h2 h3 h4 header iframe input label li main " +
      "mark nav ol p pre progress q section span strong summary table tbody td textarea th thead time tr ul").split(" "),
  );
  const attributes = new Set(
    ("class colspan datetime dir disabled download hidden href id lang loading max maxlength open placeholder rel role " +
      "scope src style tabindex target title type value").split(" "),
  );
  const drawn = /^(?:a|image|script|style|set|animate.*|foreignobject)$/i;
  const values = {
    style: /^(?:(?:width|height|translate|--stage|--low|--high|--value): ?[-#\w.% ]+;? ?)*$/,
    href: /^(?:\/(?:conversations|answers|runs|judged)\b|#q\d+-\d+$|https?:\/\/)/,
    src: /^\/runs\/[\w-]+\.html$/,
    id: /^[\w-]+$/,
    class: /^[\w -]*$/,
  };
  const wrong = [];
  for (const element of roots.flatMap((root) => [...root.querySelectorAll("*")])) {
    const name = element.localName;
    if (element.closest("svg") ? drawn.test(name) : !tags.has(name)) wrong.push(`<${name}>`);
    if (element.closest("svg")) continue;
    for (const held of element.attributes) {
      const known = attributes.has(held.name) || /^(?:aria|data)-[a-z-]+$/.test(held.name);
      if (!known || (values[held.name] && !values[held.name].test(held.value)))
        wrong.push(`<${name} ${held.name}=${held.value}>`);
    }
  }
  const runs = /^[\s\0-\x1f]*(?:javascript|vbscript|data:text)/i;
  const followed = ["href", "src", "action", "formaction", "xlink:href", "srcset", "data", "poster", "background", "style"];
  for (const element of document.querySelectorAll("*"))
    for (const { name: held, value } of element.attributes)
      if (/^on/i.test(held) || (followed.includes(held) && runs.test(value))) wrong.push(`<${element.localName} ${held}>`);
  return wrong;
};
