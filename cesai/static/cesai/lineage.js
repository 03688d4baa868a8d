// Draws the lineage of a model from the page's own data; the tables beside it say the same.
(() => {
  const place = document.getElementById("graph");
  const data = document.getElementById("graph-data");
  if (!place || !data || !window.cytoscape) return;
  const MOST = 300;
  const first = JSON.parse(data.textContent);
  const note = document.getElementById("graph-note");
  const open = document.getElementById("graph-open");
  const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  function elements(drawing) {
    return [
      ...drawing.nodes.map((node) => ({ group: "nodes", data: node, classes: node.look })),
      ...drawing.edges.map((edge) => ({
        group: "edges",
        // A parent stands above: the arrow runs from it to what was made of it.
        data: { ...edge, source: edge.parent, target: edge.child },
        classes: edge.is_unsure ? "unsure" : "",
      })),
    ];
  }

  function looks() {
    const ink = style("--tblr-body-color");
    const paper = style("--tblr-bg-surface");
    const box = (fill, line, text) => ({ "background-color": fill, "border-color": line, color: text });
    return [
      { selector: "node", style: {
        shape: "round-rectangle", width: "label", height: "label", padding: 9, label: "data(name)",
        "text-valign": "center", "text-halign": "center", "text-wrap": "wrap", "text-max-width": 170,
        "font-family": "Inter, sans-serif", "font-size": 12, "border-width": 1.5,
        ...box(paper, style("--line"), ink) } },
      { selector: "node.released", style: box(style("--green-soft"), style("--green"), ink) },
      { selector: "node.planned, node.training", style: box(style("--accent-soft"), style("--accent"), ink) },
      { selector: "node.ended", style: { ...box(style("--grey-soft"), style("--grey"), style("--grey")), "border-style": "dashed" } },
      { selector: "node.unknown", style: { ...box(paper, style("--grey"), style("--grey")), "border-style": "dashed" } },
      { selector: "node.root", style: { ...box(style("--ink"), style("--ink"), paper), "font-weight": "bold" } },
      { selector: "node:selected", style: { "border-width": 3, "border-color": style("--bar-reserved") } },
      { selector: "edge", style: {
        width: 1.5, "line-color": style("--grey"), "target-arrow-color": style("--grey"),
        "target-arrow-shape": "triangle", "curve-style": "bezier", label: "data(label)",
        "font-size": 9.5, "font-family": "Inter, sans-serif", color: style("--grey"),
        "text-background-color": paper, "text-background-opacity": 0.9, "text-background-padding": 2 } },
      { selector: "edge.unsure", style: { "line-style": "dashed" } },
      { selector: ".away", style: { display: "none" } },
    ];
  }

  // Cytoscape would write a style element, which the page's policy forbids; portal.css has the rule.
  const stands = document.createElement("meta");
  stands.id = "__________cytoscape_stylesheet";
  document.head.append(stands);

  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const graph = cytoscape({
    container: place,
    elements: elements(first),
    style: looks(),
    minZoom: 0.15,
    maxZoom: 2.5,
    wheelSensitivity: 0.25,
    autoungrabify: false,
  });
  function arrange(animate) {
    graph.elements(":visible").layout({
      name: "dagre", rankDir: "TB", nodeSep: 72, rankSep: 58, fit: true, padding: 24,
      animate: animate && !still, animationDuration: 250,
    }).run();
    if (graph.zoom() > 1.15) { graph.zoom(1.15); graph.center(); }
  }
  arrange(false);
  place.dataset.drawn = String(graph.nodes().length);

  // The theme may change while the page is open.
  new MutationObserver(() => graph.style(looks())).observe(
    document.documentElement, { attributes: true, attributeFilter: ["data-bs-theme"] });

  for (const tick of document.querySelectorAll("[data-kind]")) {
    tick.addEventListener("change", () => {
      const hidden = new Set([...document.querySelectorAll("[data-kind]:not(:checked)")].map((t) => t.dataset.kind));
      graph.edges().forEach((edge) => edge.toggleClass("away", hidden.has(edge.data("kind"))));
      graph.nodes().forEach((node) => {
        const kept = node.connectedEdges().filter((edge) => !edge.hasClass("away"));
        node.toggleClass("away", node.id() !== first.root && kept.empty());
      });
      arrange(true);
    });
  }

  for (const button of document.querySelectorAll("[data-graph]")) {
    button.addEventListener("click", () => {
      const middle = { x: place.clientWidth / 2, y: place.clientHeight / 2 };
      if (button.dataset.graph === "fit") graph.fit(undefined, 24);
      else graph.zoom({ level: graph.zoom() * (button.dataset.graph === "in" ? 1.3 : 1 / 1.3), renderedPosition: middle });
    });
  }

  const asked = new Set([first.root]);
  graph.on("tap", "node", async (event) => {
    const node = event.target;
    if (node.data("page")) { open.href = node.data("page"); open.classList.add("btn-primary"); }
    if (!node.data("more") || asked.has(node.id())) return;
    asked.add(node.id());
    const answer = await fetch(node.data("more"), { headers: { Accept: "application/json" } });
    if (!answer.ok) return;
    const more = await answer.json();
    const fresh = elements(more).filter((element) => graph.getElementById(element.data.id).empty());
    const nodes = fresh.filter((element) => element.group === "nodes");
    if (graph.nodes().length + nodes.length > MOST) {
      note.textContent = note.dataset.full ?? note.textContent;
      return;
    }
    for (const element of nodes) if (element.data.look === "root") element.classes = "released";
    graph.add(nodes);
    graph.add(fresh.filter((element) => element.group === "edges"
      && graph.getElementById(element.data.source).nonempty() && graph.getElementById(element.data.target).nonempty()));
    place.dataset.drawn = String(graph.nodes().length);
    if (nodes.length) arrange(true);
  });
})();
