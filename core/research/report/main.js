// Reads the one block of data and draws its page.

const DATA = JSON.parse(document.getElementById("data").textContent);
const PAGE = document.getElementById("page");
PAGE.replaceChildren();
(DATA.kind === "study" ? studyPage : runPage)(PAGE, DATA);
PAGE.append(el("footer", {}, DATA.made));
