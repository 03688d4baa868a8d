// Draws the columns and lines that a table beside the drawing holds: the table is the truth.
// <figure data-chart> … <table> with <th data-series="bar|line|offered" data-look="used"> in its
// head and data-value in its cells; rows with data-ahead are forecast and hatched.
(() => {
  const drawn = [];

  function looks() {
    const style = getComputedStyle(document.documentElement);
    return (name) => style.getPropertyValue(name).trim();
  }

  function read(table) {
    const heads = [...table.tHead.rows[0].cells];
    const rows = [...table.tBodies[0].rows];
    const series = heads
      .map((head, column) => ({ head, column }))
      .filter(({ head }) => head.dataset.series)
      .map(({ head, column }) => ({
        name: head.dataset.name ?? head.textContent.trim(),
        kind: head.dataset.series,
        look: head.dataset.look,
        values: rows.map((row) => ({
          value: row.cells[column].dataset.value === "" ? null : Number(row.cells[column].dataset.value),
          said: row.cells[column].dataset.said ?? row.cells[column].textContent.trim(),
          ahead: row.dataset.ahead !== undefined,
        })),
      }));
    const names = rows.map((row) => row.cells[0].dataset.short ?? row.cells[0].textContent.trim());
    const full = rows.map((row) => row.cells[0].textContent.trim());
    return { names, full, series };
  }

  function option(figure) {
    const { names, full, series } = read(figure.querySelector("table"));
    const look = looks();
    const text = look("--tblr-secondary-color"), line = look("--line");
    const hatch = {
      symbol: "rect", dashArrayX: [1, 0], dashArrayY: [2, 4], rotation: -Math.PI / 4,
      color: look("--tblr-bg-surface"),
    };
    const number = new Intl.NumberFormat(document.documentElement.lang, { notation: "compact" });
    return {
      animationDuration: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 350,
      textStyle: { fontFamily: "Inter, system-ui, sans-serif" },
      grid: { left: 8, right: 12, top: 40, bottom: 4, containLabel: true },
      legend: { top: 0, left: 0, type: "scroll", icon: "roundRect", itemWidth: 12, itemHeight: 12, textStyle: { color: text, fontSize: 12.5 } },
      tooltip: {
        trigger: "axis", renderMode: "richText", confine: true, axisPointer: { type: "shadow" },
        backgroundColor: look("--tblr-bg-surface"), borderColor: line,
        textStyle: { color: look("--tblr-body-color"), fontSize: 12.5 },
        formatter: (points) => [full[points[0].dataIndex], ...points
          .filter((point) => point.data.value)
          .map((point) => `${point.seriesName}: ${point.data.said}`)].join("\n"),
      },
      xAxis: { type: "category", data: names, axisTick: { show: false }, axisLine: { lineStyle: { color: line } }, axisLabel: { color: text, fontSize: 12, hideOverlap: true } },
      yAxis: { type: "value", name: figure.dataset.unit, nameTextStyle: { color: text, fontSize: 12, align: "left", padding: [0, 0, 0, -34] }, nameGap: 14, axisLabel: { color: text, fontSize: 12, formatter: (value) => number.format(value) }, splitLine: { lineStyle: { color: line } } },
      series: series.map(({ name, kind, look: colour, values }, place) => {
        const paint = look(`--bar-${colour}`) || look(`--hue-${place % 8}`);
        const data = values.map((one) => ({
          value: one.value, said: one.said,
          ...(kind === "bar" && one.ahead ? { itemStyle: { decal: hatch, opacity: 0.75 } } : {}),
        }));
        if (kind === "bar") {
          return { name, type: "bar", stack: "all", data, barMaxWidth: 44, itemStyle: { color: paint, borderColor: look("--tblr-bg-surface"), borderWidth: 0.5 } };
        }
        return {
          name, type: "line", data, step: kind === "offered" ? "middle" : false, symbol: kind === "offered" ? "none" : "circle",
          symbolSize: 5, lineStyle: { color: paint, width: 2, type: kind === "plan" ? "dashed" : "solid" }, itemStyle: { color: paint },
          areaStyle: kind === "area" ? { color: paint, opacity: 0.15 } : undefined,
        };
      }),
    };
  }

  function draw(figure) {
    const place = figure.querySelector(".chart-place");
    if (!place || !place.clientWidth) return;
    const chart = echarts.getInstanceByDom(place) ?? echarts.init(place);
    chart.setOption(option(figure), true);
    figure.dataset.drawn = "yes";
    if (!drawn.includes(figure)) {
      drawn.push(figure);
      new ResizeObserver(() => chart.resize()).observe(place);
      const table = figure.querySelector("details");
      if (table) table.open = false;
    }
  }

  function drawAll(root) {
    for (const figure of root.querySelectorAll("figure[data-chart]")) {
      figure.classList.add("with-chart");
      draw(figure);
    }
  }

  drawAll(document); // loaded when a page has a chart, after it was read
  new MutationObserver(() => drawn.filter((figure) => figure.isConnected).forEach(draw))
    .observe(document.documentElement, { attributeFilter: ["data-bs-theme"] });
  document.addEventListener("htmx:afterSwap", (event) => drawAll(event.target));
})();
