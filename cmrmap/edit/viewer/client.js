// What is asked of the program that serves the page; its address holds the token.

/** The answer to a message, {ok, content}; one that does not come says so in words. */
async function ask(page, message) {
  const asked = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(message) };
  try {
    const answer = await fetch(page, asked);
    const isJson = (answer.headers.get("Content-Type") || "").startsWith("application/json");
    const content = isJson ? await answer.json() : { message: (await answer.text()).trim() };
    return { ok: answer.ok, content };
  } catch {
    return { ok: false, content: { message: "cmrmap edit does not answer; was it ended?" } };
  }
}
