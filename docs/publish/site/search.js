// The search: every entry of index.js (title, page, address, text) that has all the words, the best first. The index is
// loaded at the first use, as a script, which works from a folder too. `?q=WORDS` in the address searches at once.
const query = document.getElementById("query"), found = document.getElementById("found");
let loading = false;

function score([title, page, , text], words) {
    let sum = 0;
    const name = title.toLowerCase(), body = (page + " " + text).toLowerCase();
    for (const word of words) {
        const points = name === word ? 100 : name.startsWith(word) ? 40 : name.includes(word) ? 20 : body.includes(word) ? 1 : 0;
        if (points === 0) return 0;
        sum += points;
    }
    return sum - name.length / 100;
}

function excerpt(text, words) {
    const at = Math.max(0, Math.min(...words.map(w => text.toLowerCase().indexOf(w)).filter(i => i >= 0), text.length) - 40);
    return (at > 0 && at < text.length ? "…" + text.slice(at, at + 140) : text.slice(0, 140)) + "…";
}

function element(name, text) {
    const made = document.createElement(name);
    made.textContent = text;
    return made;
}

function search() {
    const words = query.value.toLowerCase().split(/\s+/).filter(w => w !== "");
    found.hidden = words.length === 0;
    if (words.length === 0) return;
    if (typeof index === "undefined") {
        if (loading) return;
        loading = true;
        const script = document.createElement("script");
        script.src = "index.js";
        script.onload = search;
        document.head.append(script);
        return;
    }
    const best = index.map(entry => [score(entry, words), entry]).filter(([points]) => points !== 0)
        .sort((a, b) => b[0] - a[0]).slice(0, 20);
    found.replaceChildren(...best.map(([, [title, page, address, text]]) => {
        const line = document.createElement("li"), link = element("a", title === page ? title : title + " · " + page);
        link.href = address;
        line.append(link, document.createElement("br"), element("small", excerpt(text, words)));
        return line;
    }));
    if (best.length === 0) found.replaceChildren(element("li", "nothing has all these words"));
}

query.addEventListener("input", search);
query.addEventListener("keydown", event => {
    if (event.key === "Enter") found.querySelector("a")?.click();
    if (event.key === "Escape") { query.value = ""; search(); }
});
found.addEventListener("click", event => { if (event.target.closest("a")) { query.value = ""; search(); } });
document.addEventListener("keydown", event => {
    if (event.key === "/" && document.activeElement !== query) { event.preventDefault(); query.focus(); }
});
const asked = new URLSearchParams(location.search).get("q");
if (asked) { query.value = asked; search(); }
