"use strict";
// Sorts, filters and downloads. The page can be read without.
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  document.documentElement.classList.add("scripted");

  // A page from disk may be kept from remembering.
  const memory = (act) => { try { return act(localStorage); } catch { return null; } };
  const theme = document.getElementById("theme");
  const isDark = () => {
    const chosen = document.documentElement.dataset.theme;
    return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  };
  const nameTheme = () => { theme.textContent = isDark() ? "Light" : "Dark"; };
  const remembered = memory((store) => store.getItem("pullstudy-theme"));
  if (remembered === "light" || remembered === "dark") document.documentElement.dataset.theme = remembered;
  theme.addEventListener("click", () => {
    const chosen = isDark() ? "light" : "dark";
    document.documentElement.dataset.theme = chosen;
    memory((store) => store.setItem("pullstudy-theme", chosen));
    nameTheme();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", nameTheme);
  nameTheme();

  // Sections are folded away where there is no room beside the page, and again when one was chosen.
  const sections = document.querySelector("nav details");
  const narrow = matchMedia("(max-width: 60rem)");
  const fold = () => { sections.open = !narrow.matches; };
  narrow.addEventListener("change", fold);
  sections.addEventListener("click", (event) => { if (event.target.closest("a")) fold(); });
  fold();
  const links = new Map(all("a", sections).map((link) => [link.hash.slice(1), link]));
  const seen = new IntersectionObserver((entries) => {
    entries.filter((entry) => entry.isIntersecting).forEach(({ target }) => {
      links.forEach((link, id) => {
        if (id === target.id) link.setAttribute("aria-current", "true");
        else link.removeAttribute("aria-current");
      });
    });
  }, { rootMargin: "-10% 0px -80% 0px" });
  all("main > section").forEach((section) => seen.observe(section));

  // A cell shows what people read, and has the exact value in its title, or the other way round.
  const turned = (cell) => cell.closest("table").classList.contains("turned");
  const exact = (cell) => (cell.hasAttribute("title") && !turned(cell) ? cell.title : cell.textContent);
  // Numbers by size, texts by the alphabet, and what is not there last.
  const value = (cell) => {
    const plain = exact(cell).trim();
    if (plain === "" || plain === "-") return null;
    const number = Number(plain);
    return Number.isNaN(number) ? plain : number;
  };
  const order = (a, b) => {
    if (typeof a === "number" && typeof b === "number") return a - b;
    if (typeof a === "number") return -1;
    if (typeof b === "number") return 1;
    return a.localeCompare(b, "en", { numeric: true });
  };
  const sort = (table, column, direction) => {
    const body = table.tBodies[0];
    const keyed = [...body.rows].map((row) => [value(row.cells[column]), row]);
    keyed.sort(([a], [b]) => {
      if (a === null || b === null) return (a === null) - (b === null);
      return direction * order(a, b);
    });
    body.append(...keyed.map(([, row]) => row));
  };
  all("table").forEach((table) => {
    const headings = all("th", table);
    headings.forEach((heading, column) => {
      heading.querySelector(".sort").addEventListener("click", () => {
        const ascending = heading.getAttribute("aria-sort") !== "ascending";
        headings.forEach((other) => other.removeAttribute("aria-sort"));
        heading.setAttribute("aria-sort", ascending ? "ascending" : "descending");
        sort(table, column, ascending ? 1 : -1);
      });
    });
  });

  all(".digits").forEach((button) => {
    const table = button.closest(".table").querySelector("table");
    button.addEventListener("click", () => {
      all("td[title]", table).forEach((cell) => { [cell.title, cell.textContent] = [cell.textContent, cell.title]; });
      button.setAttribute("aria-pressed", String(table.classList.toggle("turned")));
    });
  });

  all(".filter").forEach((input) => {
    const block = input.closest(".table");
    const rows = [...block.querySelector("tbody").rows];
    const count = block.querySelector(".count");
    input.addEventListener("input", () => {
      const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      rows.forEach((row) => {
        const text = [...row.cells].map((cell) => `${cell.textContent} ${cell.title}`).join(" ").toLowerCase();
        row.hidden = !words.every((word) => text.includes(word));
        shown += row.hidden ? 0 : 1;
      });
      count.textContent = words.length ? `${shown} of ${rows.length} rows` : "";
    });
  });

  const save = (name, blob) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  };
  const csv = async (block) => {
    const packed = atob(block.querySelector(".csv").textContent);
    const bytes = Uint8Array.from(packed, (character) => character.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Blob([await new Response(stream).arrayBuffer()], { type: "text/csv" });
  };
  // A file has a size and a ground of its own, which the page gives to what stands in it.
  const picture = (figure) => {
    const svg = all(".sheet", figure).find((sheet) => !sheet.hidden).querySelector("svg");
    const copy = svg.cloneNode(true);
    const { width, height } = svg.viewBox.baseVal;
    copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
    copy.setAttribute("width", width);
    copy.setAttribute("height", height);
    const ground = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    Object.entries({ width: "100%", height: "100%", fill: "#fff" }).forEach((pair) => ground.setAttribute(...pair));
    copy.prepend(ground);
    return new XMLSerializer().serializeToString(copy);
  };
  // Twice the size: pictures are looked at on dense screens, and printed.
  const png = async (text) => {
    const image = new Image();
    image.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(text);
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = 2 * image.naturalWidth;
    canvas.height = 2 * image.naturalHeight;
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    return new Promise((done) => { canvas.toBlob(done, "image/png"); });
  };
  const made = {
    csv,
    svg: async (figure) => new Blob([picture(figure)], { type: "image/svg+xml" }),
    png: async (figure) => png(picture(figure)),
  };
  all(".save").forEach((button) => {
    button.addEventListener("click", async () => {
      const block = button.closest(".table, figure");
      const { kind } = button.dataset;
      save(`${block.id}.${kind}`, await made[kind](block));
    });
  });

  all("figure").forEach((figure) => {
    const [sheets, buttons] = [all(".sheet", figure), all(".form", figure)];
    const show = (form) => {
      sheets.forEach((sheet) => { sheet.hidden = buttons.length > 0 && sheet.dataset.form !== form; });
      buttons.forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.form === form)));
    };
    buttons.forEach((button) => button.addEventListener("click", () => show(button.dataset.form)));
    show("0");
  });
})();
