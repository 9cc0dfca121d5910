// Before any script of the page: what an attack would call, and what the policy, where it is in force, has prevented.
window.__ran = [];
for (const name of ["alert", "confirm", "prompt", "print", "open"])
  window[name] = (...said) => void window.__ran.push(`${name}(${said})`);
addEventListener("securitypolicyviolation", ({ effectiveDirective, blockedURI }) =>
  window.__ran.push(`${effectiveDirective} ${blockedURI}`),
);
