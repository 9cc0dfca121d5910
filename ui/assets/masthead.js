// Whose session has ended comes to sign in with the next thing they do, and from there back to where they were.
const reach = window.fetch;
window.fetch = async (...asked) => {
  const reply = await reach(...asked);
  if (reply.status === 401 && new URL(reply.url).origin === location.origin)
    location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}`);
  return reply;
};
